import t from 'tap';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import { FORMAT_NAMES, type IdentityHeadersOptions } from '../../../src/headers/options.ts';
import type { Identity } from '../../../src/model/identity.ts';
import { type CertificateOptions, makeRoot } from '../../kit/pki.ts';

const root = makeRoot();

function identityOf(options: CertificateOptions): Identity {
  const { facts } = root.client(options);
  return { certificate: facts, path: [facts, root.facts], account: undefined };
}

const problemsOf = (options: IdentityHeadersOptions) => compileIdentityHeaders(options, 8192).problems;

t.test('good options have no problems, and the writer knows its names', async (t) => {
  const options: IdentityHeadersOptions = [
    'arr',
    'rfc9440',
    { 'X-DN': 'subject.rfc4514', 'Client-Cert-Chain': 'chain.rfc9440' },
  ];
  const writer = compileIdentityHeaders(options, 8192);
  t.strictSame(writer.problems, []);
  t.strictSame(writer.names, ['X-ARR-ClientCert', 'Client-Cert', 'X-DN', 'Client-Cert-Chain']);
  t.strictSame(compileIdentityHeaders([], 8192).write(undefined, undefined), { headers: [] });
});

t.test('an unknown field is a problem that lists those there are', async (t) => {
  for (const field of [
    'subject',
    'subject.rfc2253',
    'SUBJECT.RFC4514',
    '',
    'toString',
    '__proto__',
    'unverified.base64',
  ]) {
    const [problem, ...others] = problemsOf([{ 'X-DN': field }]);
    t.match(problem, 'header "X-DN"');
    t.match(problem, 'subject.rfc4514, subject.openssl');
    t.strictSame(others, []);
  }
});

t.test('every format has something to write, and all of them go together', async (t) => {
  for (const format of FORMAT_NAMES) t.not(compileIdentityHeaders([format], 8192).names.length, 0, format);
  t.strictSame(problemsOf([...FORMAT_NAMES]), []);
});

t.test('names that HTTP or the gateway needs cannot be custom', async (t) => {
  const names = ['Host', 'content-length', 'Connection', 'Proxy-User', 'Cookie', 'Authorization', 'Set-Cookie'];
  names.push('X-Forwarded-For', 'X-Request-Id', 'Sec-WebSocket-Key', 'Transfer-Encoding', 'Expect', 'Trailer');
  for (const name of names) t.match(problemsOf([{ [name]: 'serial.hex' }]), [`"${name}" cannot carry an identity`]);
  t.strictSame(problemsOf([{ 'X-Forwarded-User': 'subject.cn' }]), []);
});

t.test('a header that would be written twice is a problem, in any spelling', async (t) => {
  t.match(problemsOf(['x-client', { 'x-client-subject': 'subject.cn' }]), [/"x-client-subject" is written twice/]);
  t.match(problemsOf([{ 'X-DN': 'subject.cn' }, { 'x-dn': 'subject.rfc4514' }]), [/"x-dn" is written twice/]);
  t.match(problemsOf(['arr', 'arr']), [/"X-ARR-ClientCert" is written twice/]);
  t.match(problemsOf(['aspnetcore', { 'X-Client-Cert': 'cert.pem-url' }]), [/"X-Client-Cert" is written twice/]);
  t.match(problemsOf([{ 'X-Forwarded-Client-Cert': 'chain.xfcc' }, 'xfcc']), [/-Client-Cert" is written twice/]);
});

t.test('all problems are told at once', async (t) => {
  t.equal(problemsOf([{ Host: 'serial.hex', 'X-A': 'nothing' }, 'arr', 'arr']).length, 3);
});

t.test('the same identity is written once, another one anew', async (t) => {
  const writer = compileIdentityHeaders(['x-client'], 8192);
  const alice = identityOf({ cn: 'alice' });
  t.equal(writer.write(alice, undefined), writer.write(alice, undefined));
  t.match(writer.write(identityOf({ cn: 'bob' }), undefined), { headers: { 3: 'CN=bob' } });
  t.equal(writer.write(undefined, undefined), writer.write(undefined, undefined));
});

t.test('the limit counts names, values and what frames them', async (t) => {
  const identity = identityOf({ cn: 'alice' });
  const bytes = 'X-DN: CN=alice\r\nX-N: alice\r\n'.length;
  const options: IdentityHeadersOptions = [{ 'X-DN': 'subject.rfc4514', 'X-N': 'subject.cn' }];
  t.strictSame(compileIdentityHeaders(options, bytes).write(identity, undefined), {
    headers: ['X-DN', 'CN=alice', 'X-N', 'alice'],
  });
  t.strictSame(compileIdentityHeaders(options, bytes - 1).write(identity, undefined), {
    refusal: {
      code: 'identity-too-large',
      check: 'identity-bytes',
      note: `X-N does not fit: identity headers may have ${bytes - 1} bytes`,
    },
  });
});

t.test('a value that HTTP would not carry unchanged is our fault, and thrown', async (t) => {
  const identity = identityOf({ serial: '0A1B2C' });
  const writer = compileIdentityHeaders([{ 'X-Serial': 'serial.hex' }], 8192);
  t.strictSame(writer.write(identity, undefined), { headers: ['X-Serial', '0A1B2C'] });
  for (const serial of ['0A\r\nX-Admin: 1', '0A\n', 'ü', ' 0A', '0A ', '\0']) {
    const broken = { ...identity, certificate: { ...identity.certificate, serial } };
    t.throws(() => writer.write(broken, undefined), { message: /X-Serial/ });
  }
});

t.test('thousands of alternative names are refused, not cut short', async (t) => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ kind: 'dns' as const, value: `host-${index}.example` }));
  const writer = compileIdentityHeaders(['x-client'], 8192);
  t.match(writer.write(identityOf({ san: names(100) }), undefined), { headers: { 14: 'X-Client-San' } });
  const refused = writer.write(identityOf({ san: names(2000) }), undefined);
  t.match(refused, { refusal: { code: 'identity-too-large', check: 'identity-bytes', note: /^X-Client-San / } });
  const exact = compileIdentityHeaders([{ 'X-San': 'san.dns' }], 65_536);
  const written = exact.write(identityOf({ san: names(2000) }), undefined);
  t.equal('headers' in written && written.headers[1]?.split(', ').length, 2000);
});
