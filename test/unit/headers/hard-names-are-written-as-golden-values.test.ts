import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import type { Identity } from '../../../src/model/identity.ts';
import { TAG } from '../../../src/x509/der.ts';
import { makeRoot, type TestAttribute, type TestCertificate } from '../../kit/pki.ts';

type StringType = 'utf8String' | 'printableString' | 'ia5String' | 'bmpString' | 'teletexString';

interface GoldenName {
  readonly what: string;
  /** Relative names of attributes: type, string type, text. */
  readonly rdns: readonly (readonly (readonly [string, StringType, string])[])[];
  /** null: the header is absent. */
  readonly subject: string | null;
  readonly commonName: string | null;
}

const GOLDEN: readonly GoldenName[] = JSON.parse(
  readFileSync(new URL('../../golden/headers/names.json', import.meta.url), 'utf8'),
);

/** OpenSSL writes dotted types by names of its own, and relative names of several attributes the other way round. */
const OPENSSL_TYPES: ReadonlySet<string> = new Set(['CN', 'O', 'C']);

const root = makeRoot();
const writer = compileIdentityHeaders([{ 'X-Subject': 'subject.rfc4514', 'X-Name': 'subject.cn' }], 8192);

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
    const comparable = golden.rdns.every((rdn) => rdn.length === 1 && OPENSSL_TYPES.has(rdn[0]?.[0] ?? ''));
    if (comparable) t.equal(golden.subject ?? '', subjectByOpenssl(client.pem), 'OpenSSL writes the same');
  });
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
