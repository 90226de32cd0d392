// What is measured: chains of a leaf and an intermediate, and the trust store they are judged under.

import { type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../../src/model/certificate.ts';
import { createCrlStore } from '../../src/revocation/crl-store.ts';
import { validationOptions } from '../../src/validation/options.ts';
import { validatePath } from '../../src/validation/validate.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { context, encode, sequence } from '../../src/x509/der-writer.ts';
import { EXTENSION } from '../../src/x509/extensions.ts';
import { type CertificateOptions, makeRoot, type TestCertificate, type TestKeyKind } from '../../test/kit/pki.ts';

/** DER of what a client sends. */
export interface Chain {
  readonly leaf: Uint8Array;
  readonly intermediate: Uint8Array;
}

export interface Scenario {
  readonly name: string;
  /** Each is another one. */
  readonly chains: readonly Chain[];
  /** From bytes to an accepted path. Throws when the chain is refused. */
  readonly judge: (chain: Chain) => unknown;
  readonly anchorKey: KeyObject;
}

/** More than any cache of the processor is likely to help with. */
const CHAINS = 150;
const REVOKED = 100;
const ANCHORS = 50;
const OPTIONS = validationOptions.parse({});

const dns = (name: string): Uint8Array => encode(0x82, Buffer.from(name));
const CONSTRAINTS = sequence(
  context(0, ...['a.example', 'b.example', 'c.example'].map((name) => sequence(dns(name)))),
  context(1, ...['x.a.example', 'y.a.example'].map((name) => sequence(dns(name)))),
);
const CONSTRAINED: CertificateOptions = {
  extensions: [{ oid: EXTENSION.nameConstraints, critical: true, value: CONSTRAINTS }],
};
const NAMED: CertificateOptions = {
  san: ['one', 'two', 'three'].map((name) => ({ kind: 'dns', value: `${name}.a.example` })),
};

export function makeScenarios(): Scenario[] {
  const others = Array.from({ length: ANCHORS - 1 }, (_, index) => makeRoot({ name: `Other ${index}` }).facts);
  return [
    makeScenario('P-256, chain of three', 'ec'),
    makeScenario('RSA 2048, chain of three', 'rsa2048'),
    makeScenario('Ed25519, chain of three', 'ed25519'),
    makeScenario(`P-256, with lists of ${REVOKED} entries`, 'ec', { hasLists: true }),
    makeScenario('P-256, with name constraints', 'ec', { above: CONSTRAINED, below: NAMED }),
    makeScenario(`P-256, with ${ANCHORS} anchors`, 'ec', { others }),
  ];
}

interface Extras {
  readonly above?: CertificateOptions;
  readonly below?: CertificateOptions;
  readonly others?: readonly CertificateFacts[];
  readonly hasLists?: boolean;
}

function makeScenario(
  name: string,
  key: TestKeyKind,
  { above, below, others = [], hasLists = false }: Extras = {},
): Scenario {
  const root = makeRoot({ key });
  const made = Array.from({ length: CHAINS }, (_, index) => {
    const issuing = root.intermediate({ key, name: `Issuing ${index}`, ...above });
    return { issuing, leaf: issuing.client({ key, ...below }) };
  });
  const anchors = [...others, root.facts];
  const lists = hasLists ? listsOf([root, ...made.map(({ issuing }) => issuing)]) : undefined;
  const judge = ({ leaf, intermediate }: Chain): unknown => {
    const presented = [parseCertificate(intermediate)];
    const at = Date.now();
    const input = { leaf: parseCertificate(leaf), presented, anchors, intermediates: [], at, options: OPTIONS };
    const result = validatePath(input);
    if (!result.ok) throw new Error(`${name}: ${result.refusal.code} ${result.refusal.note}`);
    return lists?.answersFor(result.path, at, 0);
  };
  const chains = made.map(({ issuing, leaf }) => ({ leaf: leaf.der, intermediate: issuing.der }));
  return { name, chains, judge, anchorKey: root.facts.publicKey.key() };
}

function listsOf(issuers: readonly TestCertificate[]) {
  const revoked = Array.from({ length: REVOKED }, (_, index) => (0x1000 + index).toString(16));
  return createCrlStore({ crls: issuers.map((issuer) => issuer.crl({ revoked }).facts), authorities: [] });
}

/** The least that anyone has to do: no names, no dates, no constraints. */
export function verifyWithNode({ leaf, intermediate }: Chain, anchorKey: KeyObject): void {
  const issuing = new X509Certificate(intermediate);
  const isSigned = new X509Certificate(leaf).verify(issuing.publicKey) && issuing.verify(anchorKey);
  if (!isSigned) throw new Error('not signed by its issuer');
}
