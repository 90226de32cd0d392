import t from 'tap';
import { checkCrlSignatureNow, checkCrlSignatures } from '../../../src/revocation/crl-signature.ts';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import { LARGE_BYTES, readCrlsElsewhere } from '../../../src/revocation/read-crls.ts';
import { makeKey, makeRoot, type TestCrl } from '../../kit/pki.ts';
import { NOW } from './ask.ts';

const root = makeRoot({ name: 'Root' });
const leaf = root.client();
const serials = Array.from({ length: 12_000 }, (_, index) => (0x400000 + index).toString(16).toUpperCase());
const large = root.crl({
  revoked: [...serials, { serial: leaf.facts.serial, revokedAt: NOW - 1000, reason: 'superseded' }],
});
const small = root.crl({ revoked: ['0A'] });

/** A file of its own, as the reader takes it over. */
const fileOf = (...lists: readonly TestCrl[]) => new Uint8Array(Buffer.from(lists.map(({ pem }) => pem).join('')));

t.test('in a thread the same is read', async (t) => {
  t.ok(large.der.length > LARGE_BYTES, 'it is large');
  for (const [form, bytes] of [
    ['DER', new Uint8Array(large.der)],
    ['PEM', fileOf(large)],
  ] as const) {
    const { crls, problems } = await readCrlsElsewhere(bytes);
    t.equal(bytes.length, 0, `${form}: the bytes are taken over`);
    t.strictSame(problems, [], form);
    const facts = crls[0]?.facts;
    t.equal(facts?.entries.size, serials.length + 1, form);
    t.match(facts, { fingerprint: large.facts.fingerprint, crlNumber: 1n, authorityKeyId: root.keyId }, form);
    t.same(facts?.entries.get(leaf.facts.serial), { revokedAt: NOW - 1000, reason: 'superseded' }, form);
    t.ok(facts?.entries.get('400000') && facts.entries.get('402EDF'), form);
    t.equal(facts?.entries.get('402EE0'), undefined, form);
    t.same(facts && Buffer.from(facts.tbs), Buffer.from(large.facts.tbs), form);
  }
});

t.test('several lists in one file, and a part of a buffer', async (t) => {
  const whole = Buffer.concat([Buffer.from('# lists\n'), fileOf(small, large)]);
  const { crls, problems } = await readCrlsElsewhere(whole.subarray(8));
  t.strictSame(problems, []);
  t.strictSame(
    crls.map(({ facts, line }) => [facts.entries.size, line]),
    [
      [1, 1],
      [serials.length + 1, small.pem.trimEnd().split('\n').length + 1],
    ],
  );
  t.equal(whole.length > LARGE_BYTES, true, 'what is not alone in its buffer is copied');
});

t.test('small ones are read at once, and not taken over', async (t) => {
  const bytes = fileOf(small);
  const { crls } = await readCrlsElsewhere(bytes);
  t.same(crls[0]?.facts.entries.get('0A')?.reason, undefined);
  t.ok(bytes.length > 0);
});

t.test('what is wrong with a large file is a problem, not a hang', async (t) => {
  const problemsOf = async (bytes: Uint8Array, timeLimitMs?: number) =>
    (await readCrlsElsewhere(bytes, timeLimitMs === undefined ? {} : { timeLimitMs })).problems;
  t.strictSame(await problemsOf(fileOf(large)), []);
  const damaged = new Uint8Array(large.der);
  damaged.fill(0xff, 200_000, 200_040);
  t.match(await problemsOf(new Uint8Array(large.der.subarray(0, -1))), [{ message: /longer than what holds it/ }]);
  t.match(await problemsOf(damaged), [{ message: /^crl/ }]);
  t.match(await problemsOf(fileOf(large).map((octet) => octet & 0x7e)), [{}]);
  t.match(await problemsOf(new Uint8Array(LARGE_BYTES + 1)), [{ message: 'neither PEM nor DER' }]);
  t.match(await problemsOf(fileOf(large), 0), [{ message: 'not read within 0 ms' }]);
});

t.test('the signature of a large list is waited for once', async (t) => {
  const { crls } = await readCrlsElsewhere(new Uint8Array(large.der));
  const store = createCrlStore({ crls: crls.map(({ facts }) => facts), authorities: [root.facts] });
  const other = root.client();
  const ask = (certificate = leaf) => store.answersFor([certificate.facts, root.facts], NOW, 0);
  const first = ask();
  t.ok(first instanceof Promise, 'nobody knows yet whether it is right');
  t.match(await first, [{ status: 'revoked', note: 'superseded' }]);
  t.match(ask(), [{ status: 'revoked' }], 'now it is known, and there is nothing to wait for');
  t.match(ask(other), [{ status: 'good' }], 'whomever it is about');
});

t.test('a large list with a wrong signature', async (t) => {
  const forged = root.crl({ revoked: serials, signWith: makeKey('ec') });
  const store = createCrlStore({ crls: [forged.facts], authorities: [root.facts] });
  t.match(await store.answersFor([leaf.facts, root.facts], NOW, 0), [{ status: 'unknown', note: /is not signed by/ }]);
});

t.test('signatures checked beforehand', async (t) => {
  const forged = root.crl({ revoked: serials, signWith: makeKey('ec') });
  await checkCrlSignatures([large.facts, forged.facts], [root.facts, leaf.facts]);
  const store = createCrlStore({ crls: [large.facts], authorities: [root.facts] });
  t.notOk(store.answersFor([leaf.facts, root.facts], NOW, 0) instanceof Promise);
  t.equal(checkCrlSignatureNow(large.facts, root.facts.publicKey), 'right');
  t.equal(checkCrlSignatureNow(forged.facts, root.facts.publicKey), 'signature-wrong');
});
