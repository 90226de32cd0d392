import { decodeJwt } from 'jose';
import t from 'tap';
import { identityOf, makeClient, makeSigningKey, NOW, startWriting } from './parts.ts';

const key = makeSigningKey();
const HOUR_MS = 3_600_000;
const alice = identityOf(makeClient());

const endOf = (token: string | undefined) => (decodeJwt(token ?? '').exp ?? 0) * 1000;

t.test('one token for each identity, until a fifth of its life is left', async (t) => {
  const { tokenFor } = startWriting([key]);
  const first = tokenFor(alice);
  t.equal(endOf(first), NOW + 60_000);
  t.equal(tokenFor(alice, { now: NOW + 999 }), first);
  t.equal(tokenFor(alice, { now: NOW + 48_000 }), first);
  const second = tokenFor(alice, { now: NOW + 48_001 });
  t.equal(endOf(second), NOW + 108_000, 'renewed');
  t.equal(tokenFor(alice, { now: NOW + 49_001 }), second);

  const withAccount = { ...alice, account: { name: 'alice', roles: [], from: 'mapping' } } as const;
  t.equal(decodeJwt(tokenFor(withAccount, { now: NOW + 49_001 }) ?? '').sub, 'alice', 'an account makes another one');
});

t.test('the shortest life leaves five seconds', async (t) => {
  const { tokenFor } = startWriting([key], { ttl: 10_000 });
  const first = tokenFor(alice);
  t.equal(tokenFor(alice, { now: NOW + 5_000 }), first);
  t.equal(endOf(tokenFor(alice, { now: NOW + 5_001 })), NOW + 15_000);
});

t.test('no token outlives its certificate', async (t) => {
  const { tokenFor } = startWriting([key]);
  const notAfter = NOW + HOUR_MS;
  const bob = identityOf(makeClient({ notAfter }));
  const bounds = (now: number) => endOf(tokenFor(bob, { now, validUntil: Number.POSITIVE_INFINITY }));
  t.equal(bounds(NOW), NOW + 60_000, 'far from its end');
  t.equal(bounds(notAfter - 20_000), notAfter);
  t.equal(bounds(notAfter - 1_000), notAfter);
  const last = tokenFor(bob, { now: notAfter - 900 });
  t.equal(tokenFor(bob, { now: notAfter - 100 }), last, 'and none is made for nothing');
});

t.test('no token outlives the verdict', async (t) => {
  const { tokenFor } = startWriting([key]);
  const validUntil = NOW + 90_001;
  const first = tokenFor(alice, { validUntil });
  t.equal(endOf(first), NOW + 60_000);
  t.equal(endOf(tokenFor(alice, { now: NOW + 50_000, validUntil })), NOW + 90_000, 'to the second before');
  t.equal(endOf(tokenFor(alice, { now: NOW + 89_000, validUntil })), NOW + 90_000);
  t.equal(endOf(tokenFor(alice, { now: NOW + 89_100, validUntil: NOW + HOUR_MS })), NOW + 149_000, 'a new verdict');
  t.equal(endOf(tokenFor(alice, { now: NOW + 89_200, validUntil })), NOW + 90_000, 'a shorter one');
});

t.test('a clock that is put back leaves no token of the future', async (t) => {
  const { tokenFor } = startWriting([key]);
  tokenFor(alice, { now: NOW + HOUR_MS });
  t.equal(endOf(tokenFor(alice)), NOW + 60_000);
});

t.test('the header stands behind those of the identity, and counts with them', async (t) => {
  const { writer, tokenFor } = startWriting([key], { header: 'X-Who' });
  t.equal(writer.name, 'X-Who');
  const token = tokenFor(alice) ?? '';
  const at = { now: NOW, validUntil: NOW + HOUR_MS };
  const before = ['X-Client-Verify', 'SUCCESS', 'X-Client-Serial', '0A'];
  t.strictSame(writer.write(alice, before, at), { headers: [...before, 'X-Who', token] });
  t.equal(writer.write(alice, before, at), writer.write(alice, before, at), 'joined once');
  t.strictSame(writer.write(undefined, ['X-Client-Verify', 'NONE'], at), { headers: ['X-Client-Verify', 'NONE'] });

  const bytes = [...before, 'X-Who', token].join('').length + 3 * 4;
  const limited = (maxBytes: number) => startWriting([key], { header: 'X-Who' }, maxBytes).writer;
  t.strictSame(limited(bytes).write(alice, before, at), { headers: [...before, 'X-Who', token] });
  t.match(limited(bytes - 1).write(alice, before, at), {
    refusal: { code: 'identity-too-large', check: 'identity-bytes', note: /X-Who/ },
  });
});
