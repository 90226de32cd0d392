// What about a certificate would IIS or .NET refuse though this gateway does not, and what is worth knowing?

import type { CertificateFacts } from '../model/certificate.ts';
import { DAY_MS } from '../model/clock.ts';
import { urisOfPoints } from '../x509/distribution-points.ts';
import { EXTENSION } from '../x509/extensions.ts';
import { sidOf } from '../x509/windows-extensions.ts';
import { PURPOSE } from './extensions.ts';
import { HRESULTS } from './windows-names.ts';

export interface Advice {
  /** `elsewhere`: IIS or .NET refuses it. `advice`: refused by nobody, and yet worth knowing. */
  readonly severity: 'elsewhere' | 'advice';
  /** What it is about, in kebab case. */
  readonly topic: string;
  readonly note: string;
}

export interface AdvicePlace {
  readonly certificate: CertificateFacts;
  readonly role: 'leaf' | 'intermediate' | 'anchor';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** undefined: nothing to say. */
type Look = (place: AdvicePlace) => Advice | undefined;

const LONG_MS = 10 * 366 * DAY_MS;
const SOON_DAYS = 30;
const ANY_PURPOSE = '2.5.29.37.0';

const LEAF_LOOKS: readonly Look[] = [
  ({ certificate: { known } }) => {
    const listed = known.extendedKeyUsage;
    if (listed === undefined) return advice('extended-key-usage', 'has none, and so is fit for every purpose');
    if (listed.includes(PURPOSE.clientAuth) || listed.includes(ANY_PURPOSE)) return undefined;
    // `usagecheck` of the binding and ValidateCertificateUse of ASP.NET Core, both on by default.
    const hresult = `CERT_E_WRONG_USAGE (${HRESULTS.CERT_E_WRONG_USAGE})`;
    return elsewhere('extended-key-usage', `lacks clientAuth: IIS 403.16, ${hresult}, .NET NotValidForUsage`);
  },
  ({ certificate: { known } }) =>
    known.keyUsage === undefined ? advice('key-usage', 'has none, and so is fit for every use of its key') : undefined,
  ({ certificate: { known } }) =>
    known.basicConstraints?.ca === true
      ? advice('basic-constraints', 'is an authority, and no mere client')
      : undefined,
  ({ certificate: { subject } }) =>
    subject.rdns.length === 0 ? advice('subject', 'is empty: rules and headers see alternative names only') : undefined,
  ({ certificate: { known } }) =>
    known.subjectAltNames === undefined
      ? advice('alternative-names', 'has none: rules and mappings have the subject only')
      : undefined,
  ({ certificate }) => (lacksSid(certificate) ? advice('sid', NO_SID) : undefined),
  ({ certificate, at }) => {
    const days = Math.ceil((certificate.notAfter - at) / DAY_MS);
    return days > 0 && days <= SOON_DAYS ? advice('validity', `ends within ${days} days`) : undefined;
  },
];

const NO_SID = 'has a UPN but no SID: domain controllers do not map a logon by the UPN alone (KB5014754)';

const AUTHORITY_LOOKS: readonly Look[] = [
  ({ certificate: { known, version } }) =>
    version === 3 && known.subjectKeyId === undefined
      ? advice('subject-key-id', 'has none (RFC 5280 4.2.1.2): issuers of one name cannot be told apart')
      : undefined,
  ({ certificate: { known, version } }) =>
    version === 3 && known.keyUsage === undefined
      ? advice('key-usage', 'has none, which an authority must have (RFC 5280 4.2.1.3)')
      : undefined,
  ({ certificate: { known } }) =>
    known.keyUsage !== undefined && !known.keyUsage.has('cRLSign')
      ? advice('key-usage', 'lacks cRLSign: revocation lists of its own key do not count')
      : undefined,
  ({ certificate: { extensions } }) =>
    extensions.some(({ oid, critical }) => oid === EXTENSION.basicConstraints && !critical)
      ? advice('basic-constraints', 'are not critical, as those of an authority must be (RFC 5280 4.2.1.9)')
      : undefined,
];

const COMMON_LOOKS: readonly Look[] = [
  ({ certificate: { publicKey } }) =>
    publicKey.kind === 'ed25519'
      ? elsewhere(
          'public-key',
          'is an Ed25519 key, which neither Windows nor .NET verifies with (dotnet/runtime#63174)',
        )
      : undefined,
  ({ certificate: { notBefore, notAfter } }) =>
    notAfter - notBefore > LONG_MS ? advice('validity', 'lasts for more than ten years') : undefined,
];

/** Of all but anchors, which nobody has to find and nobody revokes. */
const ISSUED_LOOKS: readonly Look[] = [
  ({ certificate: { known } }) =>
    known.authorityKeyId === undefined
      ? advice('authority-key-id', 'has none: its issuer is found by name alone')
      : undefined,
  ({ certificate }) => adviseOnAddresses(certificate),
];

/** All of them; nothing here decides. */
export function adviseOn(place: AdvicePlace): Advice[] {
  const looks = [
    ...(place.role === 'leaf' ? LEAF_LOOKS : AUTHORITY_LOOKS),
    ...COMMON_LOOKS,
    ...(place.role === 'anchor' ? [] : ISSUED_LOOKS),
  ];
  return looks.flatMap((look) => look(place) ?? []);
}

/** RevocationMode of ASP.NET Core is Online by default, and a state that nobody can tell fails there. */
function adviseOnAddresses({ known }: CertificateFacts): Advice | undefined {
  const addresses = [...urisOfPoints(known.crlDistributionPoints), ...known.ocspUris];
  if (addresses.length === 0) {
    const note =
      'names no list and no responder: `mode: hard` needs `crl`, and .NET fails unless RevocationMode is NoCheck';
    return advice('revocation-source', note);
  }
  if (addresses.some((address) => /^https?:/i.test(address))) return undefined;
  return advice(
    'revocation-source',
    'names no http address of a list or responder: ldap is for members of the domain only',
  );
}

function lacksSid(certificate: CertificateFacts): boolean {
  const names = certificate.known.subjectAltNames ?? [];
  return names.some(({ kind }) => kind === 'upn') && sidOf(certificate) === undefined;
}

function advice(topic: string, note: string): Advice {
  return { severity: 'advice', topic, note };
}

function elsewhere(topic: string, note: string): Advice {
  return { severity: 'elsewhere', topic, note };
}
