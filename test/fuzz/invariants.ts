// What holds of everything that a parser has accepted, whatever the bytes were.

import type {
  CertificateFacts,
  CrlFacts,
  DistinguishedName,
  KnownExtensions,
  PublicKeyFacts,
} from '../../src/model/certificate.ts';
import type { OcspResponseFacts } from '../../src/model/ocsp.ts';
import { packCrl, unpackCrl } from '../../src/x509/crl.ts';
import { CRL_REASONS } from '../../src/x509/crl-reasons.ts';
import { Malformed } from '../../src/x509/malformed.ts';
import { formatRfc4514 } from '../../src/x509/name-text.ts';
import { readPlainEntries } from './plain-crl.ts';
import { mustBe, shapeOf } from './target.ts';
import { parseTree, writeTree } from './tree.ts';

const SERIAL = /^(?!00)([0-9A-F]{2}){1,20}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const HEX = /^([0-9a-f]{2})*$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** Accepted and in which way, or refused and why. Whatever else comes out of `parse` goes on. */
export function readOrRefuse<T>(parse: () => T, describe: (facts: T) => string): string {
  let facts: T;
  try {
    facts = parse();
  } catch (error) {
    if (error instanceof Malformed) return shapeOf(error.message);
    throw error;
  }
  return shapeOf(`accepted ${describe(facts)}`);
}

export function checkCertificate(input: Uint8Array, facts: CertificateFacts): string {
  checkBytes(input, facts.der, facts.tbs);
  mustBe(SERIAL.test(facts.serial), 'a serial number is hex of 1 to 20 octets', () => facts.serial);
  mustBe(SHA256.test(facts.fingerprint) && SHA256.test(facts.tbsHash), 'digests are hex');
  mustBe([1, 2, 3].includes(facts.version), 'there are three versions');
  checkInstants(facts.notBefore, facts.notAfter);
  checkName(facts.issuer);
  checkName(facts.subject);
  checkKey(facts.publicKey);
  checkKnown(facts.known);
  const seen = new Set(facts.extensions.map(({ oid }) => oid));
  mustBe(seen.size === facts.extensions.length, 'each extension is there once');
  return `${facts.publicKey.kind} ${facts.signatureAlgorithm.oid} ${describeKnown(facts.known)}`;
}

export function checkCrl(input: Uint8Array, facts: CrlFacts): string {
  checkBytes(input, facts.der, facts.tbs);
  checkInstants(facts.thisUpdate, facts.nextUpdate ?? 0);
  checkName(facts.issuer);
  checkEntries(facts);
  const again = unpackCrl(packCrl(facts));
  mustBe([...again.entries.serials()].join() === [...facts.entries.serials()].join(), 'a list survives being packed');
  const parts = [facts.issuingDistributionPoint, facts.deltaCrlIndicator, facts.crlNumber, facts.nextUpdate];
  return `${parts.map((part) => (part === undefined ? '-' : '+')).join('')} ${facts.criticalEntryExtensions.size}`;
}

export function checkOcspResponse({ status, basic }: OcspResponseFacts): string {
  if (basic === undefined) return status;
  mustBe(status === 'successful', 'only an answer that is one says something');
  checkInstants(basic.producedAt);
  if (basic.responderId.kind === 'name') checkName(basic.responderId.name);
  else mustBe(HEX.test(basic.responderId.keyHash), 'a hash is hex');
  for (const { certId, status: said, thisUpdate, nextUpdate } of basic.responses) {
    checkInstants(thisUpdate, nextUpdate ?? 0, said.kind === 'revoked' ? said.revokedAt : 0);
    mustBe(certId.serial === undefined || SERIAL.test(certId.serial), 'a serial number is hex of 1 to 20 octets');
    mustBe(HEX.test(certId.issuerNameHash) && HEX.test(certId.issuerKeyHash), 'a hash is hex');
  }
  return `${basic.responderId.kind} ${basic.responses.map(({ status: said }) => said.kind).slice(0, 3)} ${basic.certificates.length > 0}`;
}

function checkEntries({ der, entries }: CrlFacts): void {
  const plain = readPlainEntries(der);
  mustBe(plain.size === entries.size, 'there are as many entries', () => `${entries.size} and not ${plain.size}`);
  const serials = [...entries.serials()];
  mustBe(new Set(serials).size === plain.size, 'each serial number is told once', () => `${serials.length}`);
  for (const serial of serials) {
    mustBe(SERIAL.test(serial), 'a revoked serial number is hex of 1 to 20 octets', () => serial);
    const expected = plain.get(serial);
    const found = entries.get(serial);
    mustBe(found !== undefined && expected !== undefined, 'every entry is found', () => serial);
    mustBe(found?.revokedAt === expected?.revokedAt, 'an entry has its date', () => `${found?.revokedAt}`);
    const reason = expected?.reason === undefined ? undefined : CRL_REASONS[expected.reason];
    mustBe(found?.reason === reason, 'an entry has its reason', () => `${found?.reason} and not ${reason}`);
    const other = `${serial.slice(0, -2)}${serial.endsWith('00') ? '01' : '00'}`;
    mustBe(plain.has(other) === (entries.get(other) !== undefined), 'no other entry is found', () => other);
  }
}

/** The whole input and nothing else, with every length written in as few octets as it needs. */
function checkBytes(input: Uint8Array, der: Uint8Array, tbs: Uint8Array): void {
  mustBe(Buffer.compare(input, der) === 0, 'what is read is the whole input');
  mustBe(Buffer.from(der).includes(tbs), 'what is signed is part of it');
  const tree = parseTree(der, { wrapped: false });
  mustBe(tree !== undefined && Buffer.compare(writeTree(tree), der) === 0, 'what is read is DER');
}

function checkInstants(...instants: readonly number[]): void {
  mustBe(instants.every(Number.isSafeInteger), 'a time is a whole number of milliseconds', () => instants.join());
}

export function checkName(name: DistinguishedName): void {
  mustBe(Array.isArray(JSON.parse(name.matchKey)), 'a match key is a list');
  mustBe(PRINTABLE.test(formatRfc4514(name)), 'the text of a name is printable ASCII');
}

export function checkKey(key: PublicKeyFacts): void {
  mustBe(SHA256.test(key.spkiHash), 'digests are hex');
  mustBe(Number.isSafeInteger(key.bits) && key.bits >= 0, 'a key has a number of bits', () => `${key.bits}`);
  try {
    key.key();
  } catch (error) {
    mustBe(error instanceof Malformed, 'a key that node:crypto refuses is Malformed', () => String(error));
  }
}

export function checkKnown(known: KnownExtensions): void {
  const { basicConstraints, subjectAltNames, nameConstraints, crlDistributionPoints, freshestCrl, ...rest } = known;
  const numbers = [basicConstraints?.pathLength, rest.inhibitAnyPolicy, rest.policyConstraints?.inhibitPolicyMapping];
  mustBe(
    numbers.every((number) => number === undefined || (Number.isSafeInteger(number) && number >= 0)),
    'counts count',
  );
  const names = [
    ...(subjectAltNames ?? []),
    ...(nameConstraints?.permitted ?? []),
    ...(nameConstraints?.excluded ?? []),
    ...[...crlDistributionPoints, ...freshestCrl].flatMap(({ name, crlIssuer = [] }) => [
      ...(name?.kind === 'full' ? name.names : []),
      ...crlIssuer,
    ]),
  ];
  for (const name of names) {
    if (name.kind === 'directoryName') checkName(name.name);
    else if (name.kind === 'dns' || name.kind === 'email' || name.kind === 'uri') {
      mustBe(PRINTABLE.test(name.value), 'a name is printable ASCII', () => JSON.stringify(name.value));
    }
  }
  const uris = [...known.ocspUris, ...known.caIssuerUris];
  mustBe(
    uris.every((uri) => PRINTABLE.test(uri)),
    'an address is printable ASCII',
  );
}

/** Which of them are there. */
export function describeKnown(known: KnownExtensions): string {
  return Object.entries(known)
    .filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
    .map(([name]) => name)
    .join();
}
