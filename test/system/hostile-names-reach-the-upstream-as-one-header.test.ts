// Certificate authorities sign all sorts of names. Each arrives as one header of printable ASCII that nobody can take for
// two, or is refused with a reason; none is a fault of ours, and none writes a line into the log.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { send } from '../kit/client.ts';
import { identityHeadersOf, writeIdentity } from '../kit/identity.ts';
import type { TestName } from '../kit/pki.ts';
import { headerOf } from '../kit/upstream.ts';

const cn = (value: string): TestName => [{ type: 'CN', value }];
const BMP_STRING = 0x1e;
const T61_STRING = 0x14;

/** Subject, and how RFC 4514 writes it with every byte outside printable ASCII escaped. */
const NAMES: readonly (readonly [string, TestName, string])[] = [
  ['plain', cn('alice'), 'CN=alice'],
  ['a line break and a header', cn('alice\r\nX-Admin: 1'), 'CN=alice\\0D\\0AX-Admin: 1'],
  ['a lone line feed', cn('alice\nbob'), 'CN=alice\\0Abob'],
  ['a NUL', cn('alice\0.evil.test'), 'CN=alice\\00.evil.test'],
  ['other control characters', cn('a\x01\x1b[2Jb\x7f'), 'CN=a\\01\\1B[2Jb\\7F'],
  ['Latin-1 letters', cn('Jürgen'), 'CN=J\\C3\\BCrgen'],
  ['Han', cn('李'), 'CN=\\E6\\9D\\8E'],
  ['right-to-left and zero-width marks', cn('a\u202eb\u200bc'), 'CN=a\\E2\\80\\AEb\\E2\\80\\8Bc'],
  ['a smiling face', cn('😀'), 'CN=\\F0\\9F\\98\\80'],
  ['separators of names', cn('alice,OU=admin+x=y'), 'CN=alice\\,OU=admin\\+x=y'],
  ['quotes, angles, semicolon, backslash', cn('"<a>;\\'), 'CN=\\"\\<a\\>\\;\\\\'],
  ['a hash and a space at its beginning', cn('#a'), 'CN=\\#a'],
  ['spaces at both ends', cn(' a '), 'CN=\\ a\\20'],
  ['two common names', [...cn('alice'), ...cn('admin')], 'CN=admin,CN=alice'],
  ['two common names, the other way round', [...cn('admin'), ...cn('alice')], 'CN=alice,CN=admin'],
  ['two values in one', [[...cn('alice'), { type: 'OU', value: 'x' }].flat()], 'CN=alice+OU=x'],
  ['a BMPString', [{ type: 'CN', value: Buffer.from('00e400f6', 'hex'), tag: BMP_STRING }], 'CN=\\C3\\A4\\C3\\B6'],
  ['a TeletexString', [{ type: 'CN', value: Buffer.from('616c', 'hex'), tag: T61_STRING }], 'CN=al'],
  ['an attribute without a name', [{ type: '1.2.3.4', value: 'x' }], '1.2.3.4=#0C0178'],
];

t.test('names of every kind', async (t) => {
  const upstreamOptions = 'identityHeaders: [x-client, { X-User: subject.cn }]';
  const { port, gateway, upstream } = await startAttacked(t, { upstreamOptions });
  for (const [name, subject, text] of NAMES) {
    const certificate = gateway.pki.issuing.client({ subject });
    const answer = await send(t, { port, path: '/admin', certificate });
    t.equal(answer.status, 200, name);
    const received = upstream.received.at(-1);
    if (received === undefined) return;
    const custom = headerOf(received, 'x-user');
    t.ok(custom.length <= 1 && /^[\x20-\x7e]*$/.test(custom.join()), 'the custom header is one, and printable');
    t.strictSame(
      identityHeadersOf(received).slice(0, 14),
      writeIdentity(certificate, text),
      'each header once, and ours',
    );
    t.strictSame(headerOf(received, 'x-admin'), []);
    const line = JSON.stringify(gateway.requests().at(-1));
    t.match(line, /^[\x20-\x7e]*$/, 'the log line is printable');
  }
});

t.test('no name at all', async (t) => {
  const { port, gateway, upstream } = await startAttacked(t);
  const certificate = gateway.pki.issuing.client({ subject: [] });
  t.equal((await send(t, { port, path: '/admin', certificate })).status, 200);
  const received = upstream.received.at(-1);
  const expected = writeIdentity(certificate, '');
  expected.splice(expected.indexOf('X-Client-Subject'), 2);
  t.strictSame(received && identityHeadersOf(received), expected, 'the header is not there');
});

t.test('a name that does not fit', async (t) => {
  const { port, gateway, upstream } = await startAttacked(t);
  const ask = (length: number) =>
    send(t, { port, path: '/admin', certificate: gateway.pki.issuing.client({ cn: 'a'.repeat(length) }) });
  t.equal((await ask(4000)).status, 200, 'a long one fits');
  const before = upstream.bytes();
  const { status, text } = await ask(10_000);
  t.match({ status, text }, { status: 431, text: /identity-too-large/ });
  t.equal(upstream.bytes(), before);
  const anonymous = await send(t, {
    port,
    path: '/public',
    certificate: gateway.pki.issuing.client({ cn: 'a'.repeat(10_000) }),
  });
  t.equal(anonymous.status, 200, 'it does not matter where no certificate is read');
});
