// Which certificates do the golden files of `explain` and `pki lint` show? One for each kind of defect, with fixed names,
// numbers and dates: only keys and signatures differ from run to run, and they are not shown.

import {
  type CertificateOptions,
  makeKey,
  makeRoot,
  PURPOSE,
  type TestCertificate,
  type TestCrl,
} from '../../kit/pki.ts';
import { nameConstraints } from '../validation/name-constraints.ts';

export const AT = Date.parse('2026-06-01T12:00:00Z');

export interface Judged {
  /** Leaf first, then what it sends. */
  readonly sent: readonly TestCertificate[];
  readonly anchors: readonly TestCertificate[];
  readonly crls: readonly TestCrl[];
}

const date = (text: string) => Date.parse(`${text}T00:00:00Z`);
const ROOT = { name: 'Root', serial: '01', notBefore: date('2018-01-01'), notAfter: date('2028-01-01') };
const ISSUING = { name: 'Issuing', serial: '02', notBefore: date('2022-01-01'), notAfter: date('2028-01-01') };
const CLIENT = {
  cn: 'alice',
  serial: '1001',
  notBefore: date('2026-01-01'),
  notAfter: date('2027-01-01'),
  san: [{ kind: 'email', value: 'alice@corp.example' }],
  crlUris: ['http://pki.example/issuing.crl'],
} as const;
const LISTED = { crlUris: ['http://pki.example/root.crl'] };

const root = makeRoot(ROOT);
const issuing = root.intermediate({ ...ISSUING, ...LISTED });
const ROOT_CRL = root.crl({ thisUpdate: Date.parse('2026-05-01T12:00:00Z'), nextUpdate: date('2026-08-01') });

/** What the issuing authority says, 3 hours ago and for 4 hours more. */
function listOf(issuer: TestCertificate, revoked: readonly TestCertificate[] = []): TestCrl {
  return issuer.crl({
    thisUpdate: Date.parse('2026-06-01T09:00:00Z'),
    nextUpdate: Date.parse('2026-06-01T16:00:00Z'),
    revoked: revoked.map(({ facts }) => ({
      serial: facts.serial,
      revokedAt: Date.parse('2026-05-20T08:30:00Z'),
      reason: 'keyCompromise',
    })),
  });
}

function judge(leaf: TestCertificate, more: Partial<Judged> = {}): Judged {
  const [issuer] = leaf.issuers;
  const crls = [ROOT_CRL, ...(issuer === undefined || issuer === root ? [] : [listOf(issuer)])];
  return { sent: [leaf, ...leaf.issuers.slice(0, -1)], anchors: [root], crls, ...more };
}

const client = (options: CertificateOptions = {}) => judge(issuing.client({ ...CLIENT, ...options }));
const below = (authority: CertificateOptions, options: CertificateOptions = {}) =>
  judge(root.intermediate({ ...ISSUING, ...LISTED, ...authority }).client({ ...CLIENT, ...options }));

const STRANGE = { oid: '1.3.6.1.4.1.99999.1', critical: true, value: Buffer.from('0500', 'hex') };
const YESTERDAY = date('2026-05-31');

function revoked(): Judged {
  const leaf = issuing.client(CLIENT);
  return judge(leaf, { crls: [ROOT_CRL, listOf(issuing, [leaf])] });
}

function unknown(): Judged {
  const outdated = issuing.crl({ thisUpdate: date('2026-05-01'), nextUpdate: YESTERDAY });
  return judge(issuing.client(CLIENT), { crls: [ROOT_CRL, outdated] });
}

function tooDeep(): Judged {
  const limited = root.intermediate({ ...ISSUING, ...LISTED, pathLength: 0 });
  const inner = limited.intermediate({ ...ISSUING, ...LISTED, name: 'Inner', serial: '03' });
  return judge(inner.client(CLIENT), { crls: [ROOT_CRL, listOf(limited), listOf(inner)] });
}

function foreign(): Judged {
  const leaf = makeRoot({ ...ROOT, name: 'Foreign Root' }).client(CLIENT);
  return judge(leaf, { sent: [leaf, leaf.root] });
}

/** By the name of its golden file. Each is the sound one with the defect of its name. */
export const JUDGED: Readonly<Record<string, () => Judged>> = {
  sound: client,
  expired: () => client({ notAfter: YESTERDAY }),
  'not-yet-valid': () => client({ notBefore: date('2026-06-02') }),
  'for-servers-only': () => client({ eku: [PURPOSE.serverAuth] }),
  'no-digital-signature': () => client({ keyUsage: ['keyEncipherment'] }),
  'of-a-foreign-root': foreign,
  'without-its-intermediate': () => judge(issuing.client(CLIENT), { sent: [issuing.client(CLIENT)] }),
  'signed-by-somebody-else': () => client({ signWith: makeKey('ec') }),
  'rsa-1024': () => client({ key: 'rsa1024' }),
  'sha-1': () => client({ signatureHash: 'sha1' }),
  'unknown-critical-extension': () => client({ extensions: [STRANGE] }),
  'name-not-permitted': () => below({ extensions: [nameConstraints({ permitted: [['email', 'other.example']] })] }),
  'path-too-long': tooDeep,
  'issuer-is-no-authority': () => below({ ca: false, keyUsage: ['digitalSignature'] }),
  revoked,
  'revocation-unknown': unknown,
  'many-defects': () =>
    below(
      { notAfter: YESTERDAY, keyUsage: ['cRLSign'] },
      {
        notAfter: YESTERDAY,
        eku: [PURPOSE.serverAuth],
        keyUsage: ['keyAgreement'],
        extensions: [STRANGE],
        signWith: makeKey('ec'),
      },
    ),
};
