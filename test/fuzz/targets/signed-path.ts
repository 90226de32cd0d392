// Target: chains whose certificates are changed and then signed by who should have signed them. An authority may write what it
// likes, so what stands in a signed certificate is hostile too, and only then is a path judged to its end.

import { type KeyObject, sign } from 'node:crypto';
import type { CertificateFacts, GeneralName } from '../../../src/model/certificate.ts';
import { type ValidationOptions, validationOptions } from '../../../src/validation/options.ts';
import { validatePath } from '../../../src/validation/validate.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { derOf, insideEach, readWhole, TAG } from '../../../src/x509/der.ts';
import { bitString, oid, sequence } from '../../../src/x509/der-writer.ts';
import { type CertificateOptions, makeKey, makeRoot, PURPOSE, type TestCertificate } from '../../kit/pki.ts';
import { readOrRefuse } from '../invariants.ts';
import { CERTIFICATE_EXTENSIONS } from '../seeds/extensions.ts';
import { mustBe, type Target } from '../target.ts';

const ED25519 = sequence(oid('1.3.101.112'));

/** Of leaf, two authorities, and the root. */
type Keys = readonly [leaf: KeyObject, issuing: KeyObject, upper: KeyObject, root: KeyObject];

function makeKeys(): Keys {
  return [makeKey('ed25519'), makeKey('ed25519'), makeKey('ed25519'), makeKey('ed25519')];
}

/** What is said of upper authority, lower authority and leaf. */
type Shape = readonly [upper: CertificateOptions, issuing: CertificateOptions, leaf: CertificateOptions];

const ALL = { extensions: CERTIFICATE_EXTENSIONS };
const NAMES = { extensions: CERTIFICATE_EXTENSIONS.slice(0, 1) };
const POLICIES = { extensions: CERTIFICATE_EXTENSIONS.slice(3, 4) };

const SHAPES: readonly Shape[] = [
  [{}, {}, {}],
  [{ pathLength: 1 }, { pathLength: 0, eku: [PURPOSE.clientAuth] }, { san: [{ kind: 'dns', value: 'a.example' }] }],
  [ALL, ALL, ALL],
  ...CERTIFICATE_EXTENSIONS.map((one): Shape => [{ extensions: [one] }, {}, NAMES]),
  ...CERTIFICATE_EXTENSIONS.map((one): Shape => [POLICIES, { extensions: [one] }, { extensions: [one] }]),
];

/** The signed parts, leaf first. */
function makeBodies(root: TestCertificate, [leafKey, issuingKey, upperKey]: Keys): Uint8Array[] {
  return SHAPES.map(([upperOptions, issuingOptions, leafOptions]) => {
    const upper = root.intermediate({ name: 'Upper', key: upperKey, ...upperOptions });
    const issuing = upper.intermediate({ name: 'Issuing', key: issuingKey, ...issuingOptions });
    const leaf = issuing.client({ key: leafKey, ...leafOptions });
    return sequence(leaf.facts.tbs, issuing.facts.tbs, upper.facts.tbs);
  });
}

export function signedPathTarget(): Target {
  const keys = makeKeys();
  const root = makeRoot({ key: keys[3] });
  const at = Date.now();
  const options: ValidationOptions = validationOptions.parse({});
  return {
    name: 'signed-path',
    shape: 'der',
    maxBytes: 70_000,
    seeds: makeBodies(root, keys),
    run: (input) =>
      readOrRefuse(
        () => readChain(input, keys.slice(1)),
        ([leaf, ...presented]) => {
          if (leaf === undefined) return 'nothing';
          const result = validatePath({ leaf, presented, anchors: [root.facts], intermediates: [], at, options });
          if (!result.ok) return `${result.refusal.code} ${result.refusal.check}`;
          checkPath(result.path, root, at);
          return `${result.path.length}`;
        },
      ),
  };
}

/** Each is signed with the key of the next. */
function readChain(input: Uint8Array, issuerKeys: readonly KeyObject[]): CertificateFacts[] {
  const bodies = insideEach(readWhole(input, 'chain', TAG.sequence), derOf).slice(0, issuerKeys.length);
  return bodies.map((tbs, index) => {
    const key = issuerKeys[index];
    const signature = key === undefined ? new Uint8Array(64) : sign(undefined, tbs, key);
    return parseCertificate(sequence(tbs, ED25519, bitString(signature)));
  });
}

function checkPath(path: readonly CertificateFacts[], root: TestCertificate, at: number): void {
  mustBe(path.at(-1)?.fingerprint === root.facts.fingerprint, 'a path ends at an anchor');
  const [leaf, ...issuers] = path;
  const purposes = leaf?.known.extendedKeyUsage;
  mustBe(
    purposes === undefined || purposes.includes(PURPOSE.clientAuth),
    'who is let in has a certificate for clients',
  );
  path.forEach((certificate, index) => {
    mustBe(certificate.notBefore <= at && at < certificate.notAfter + 1000, 'every certificate is of today');
    const next = path[index + 1];
    mustBe(
      next === undefined || certificate.issuer.matchKey === next.subject.matchKey,
      'names lead from one to the next',
    );
  });
  issuers.forEach(({ known }, index) => {
    mustBe(known.basicConstraints?.ca === true, 'only authorities issue');
    mustBe(known.keyUsage === undefined || known.keyUsage.has('keyCertSign'), 'only who may sign certificates does');
    const below = path.slice(1, index + 1).filter(({ subject, issuer }) => subject.matchKey !== issuer.matchKey).length;
    mustBe((known.basicConstraints?.pathLength ?? below) >= below, 'no path is longer than its authorities allow');
    const { permitted, excluded } = known.nameConstraints ?? { permitted: undefined, excluded: undefined };
    for (const name of leaf?.known.subjectAltNames ?? []) checkConstrained(name, permitted ?? [], excluded ?? []);
  });
}

/** DNS names and addresses only, in the simplest way there is. */
function checkConstrained(
  name: GeneralName,
  permitted: readonly GeneralName[],
  excluded: readonly GeneralName[],
): void {
  if (name.kind !== 'dns' && name.kind !== 'ip') return;
  const lists = permitted.filter(({ kind }) => kind === name.kind);
  mustBe(
    lists.length === 0 || lists.some((base) => isWithin(name, base)),
    'a name is one of those permitted',
    () => name.value,
  );
  mustBe(!excluded.some((base) => isWithin(name, base)), 'a name is none of those excluded', () => name.value);
}

function isWithin(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'dns' && base.kind === 'dns') {
    const [below, above] = [name.value.toLowerCase(), base.value.toLowerCase()];
    return above === '' || below === above || below.endsWith(above.startsWith('.') ? above : `.${above}`);
  }
  if (name.kind !== 'ip' || base.kind !== 'ip' || base.bytes.length !== name.bytes.length * 2) return false;
  const { bytes } = base;
  return name.bytes.every(
    (octet, index) => ((octet ^ (bytes[index] ?? 0)) & (bytes[name.bytes.length + index] ?? 0)) === 0,
  );
}
