import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import type { Identity } from '../../../src/model/identity.ts';
import { TAG } from '../../../src/x509/der.ts';
import { type ReadAttribute, readIisName, readRfc4514, readTraefikInfo, readXfcc } from '../../kit/header-readers.ts';
import { makeRoot, type TestAttribute, type TestCertificate } from '../../kit/pki.ts';

type StringType = 'utf8String' | 'printableString' | 'ia5String' | 'bmpString' | 'teletexString';

interface GoldenName {
  readonly what: string;
  /** Relative names of attributes: type, string type, text. */
  readonly rdns: readonly (readonly (readonly [string, StringType, string])[])[];
  /** null: the header is absent. */
  readonly subject: string | null;
  readonly commonName: string | null;
  readonly openssl: string | null;
  readonly iis: string | null;
  /** Value of the key Subject. */
  readonly xfcc: string;
  /** Value of the key Subject once the query is decoded; null: there is none. */
  readonly traefik: string | null;
}

const GOLDEN: readonly GoldenName[] = JSON.parse(
  readFileSync(new URL('../../golden/headers/names.json', import.meta.url), 'utf8'),
);

const root = makeRoot();
const writer = compileIdentityHeaders(
  [
    {
      'X-Subject': 'subject.rfc4514',
      'X-Name': 'subject.cn',
      'X-Openssl': 'subject.openssl',
      'X-Iis': 'subject.iis',
      'X-Xfcc': 'cert.xfcc',
      'X-Traefik': 'cert.traefik-info',
    },
  ],
  8192,
);

function attribute([type, stringType, text]: readonly [string, StringType, string]): TestAttribute {
  return { type, value: encodeText(stringType, text), tag: TAG[stringType] };
}

function encodeText(stringType: StringType, text: string): Uint8Array {
  if (stringType === 'bmpString') return Buffer.from(text, 'utf16le').swap16();
  return Buffer.from(text, stringType === 'teletexString' ? 'latin1' : 'utf8');
}

function write(client: TestCertificate): Record<string, string | undefined> {
  const identity: Identity = { certificate: client.facts, path: [client.facts, root.facts], account: undefined };
  const written = writer.write(identity, undefined);
  if (!('headers' in written)) throw new Error(written.refusal.note);
  const { headers } = written;
  t.equal(new Set(headers.filter((_, index) => index % 2 === 0)).size * 2, headers.length, 'each header once');
  return Object.fromEntries(headers.flatMap((text, index) => (index % 2 === 0 ? [[text, headers[index + 1]]] : [])));
}

for (const golden of GOLDEN) {
  t.test(golden.what, async (t) => {
    const client = root.client({ subject: golden.rdns.map((rdn) => rdn.map(attribute)) });
    const headers = write(client);
    t.equal(headers['X-Subject'] ?? null, golden.subject);
    t.equal(headers['X-Name'] ?? null, golden.commonName);
    const [, , commonName] = golden.rdns.flat().find(([type]) => type === 'CN') ?? [];
    if (golden.commonName !== null) t.equal(decodeURIComponent(golden.commonName), commonName);
    t.equal(headers['X-Openssl'] ?? null, golden.openssl);
    t.equal(golden.openssl ?? '', subjectByOpenssl(client.pem), 'OpenSSL writes the same');
    t.equal(headers['X-Iis'] ?? null, golden.iis);
    t.equal(textOf('Subject', readXfcc(headers['X-Xfcc'] ?? '').flat()), golden.xfcc);
    t.equal(textOf('Subject', readTraefikInfo(headers['X-Traefik'] ?? '')), golden.traefik);
    checkReaders(t, golden);
  });
}

function textOf(key: string, pairs: readonly ReadAttribute[]): string | null {
  return pairs.find(([found]) => found === key)?.[1] ?? null;
}

/** Every reader finds in its text what the certificate says. Types without a name are written as their encoding. */
function checkReaders(t: Test, golden: GoldenName): void {
  const rdns = golden.rdns.map((rdn) => rdn.map(([type, , text]) => [type, text] as const));
  if (rdns.flat().some(([type]) => !/^[A-Z]+$/.test(type))) return;
  const turned = rdns.map((rdn) => rdn.toReversed()).toReversed();
  t.strictSame(readRfc4514(golden.openssl ?? ''), turned);
  t.strictSame(readRfc4514(golden.xfcc), turned);
  t.strictSame(
    readIisName(golden.iis ?? '').flatMap((rdn) => rdn.map(([, text]) => text)),
    rdns.flatMap((rdn) => rdn.map(([, text]) => text)),
  );
}

/** OpenSSL leaves a last space behind its backslash, where HTTP would trim it. */
function subjectByOpenssl(pem: string): string {
  const text = execFileSync('openssl', ['x509', '-noout', '-subject', '-nameopt', 'RFC2253'], { input: pem });
  return text
    .toString('latin1')
    .replace(/^subject=/, '')
    .replace(/\n$/, '')
    .replace(/\\ $/, '\\20');
}

t.test('a common name that is no text is written by its encoding, and is not the common name', async (t) => {
  const headers = write(root.client({ subject: [{ type: 'CN', value: Uint8Array.of(5), tag: TAG.integer }] }));
  t.equal(headers['X-Subject'], 'CN=#020105');
  t.equal(headers['X-Name'], undefined);
});

t.test('of two common names, one of which is no text, neither is the common name', async (t) => {
  const text = { type: 'CN', value: 'alice' };
  t.equal(write(root.client({ subject: [text] }))['X-Name'], 'alice');
  const both = root.client({ subject: [text, { type: 'CN', value: Uint8Array.of(5), tag: TAG.integer }] });
  t.equal(write(both)['X-Name'], undefined);
});

t.test('a name of ten kilobytes is refused, one that fits is not', async (t) => {
  const identityOf = (cn: string): Identity => {
    const { facts } = root.client({ cn });
    return { certificate: facts, path: [facts, root.facts], account: undefined };
  };
  const wide = compileIdentityHeaders([{ 'X-Subject': 'subject.rfc4514' }], 8192);
  t.match(wide.write(identityOf('a'.repeat(8000)), undefined), { headers: ['X-Subject', /^CN=a{8000}$/] });
  t.match(wide.write(identityOf('a'.repeat(10_240)), undefined), {
    refusal: { code: 'identity-too-large', check: 'identity-bytes' },
  });
});
