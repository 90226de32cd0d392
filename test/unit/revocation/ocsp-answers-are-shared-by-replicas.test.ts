import t from 'tap';
import type { SharedAnswers } from '../../../src/revocation/ocsp/responders.ts';
import { type OcspOptions, writeOcspResponse } from '../../kit/ocsp.ts';
import { startResponder } from '../../kit/ocsp-responder.ts';
import { makeKey, makeRoot } from '../../kit/pki.ts';
import { until } from '../../kit/until.ts';
import { HOUR_MS, makeAsker } from './ocsp-asker.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const root = makeRoot({ name: 'Root' });
const client = root.client();
const answerFrom = (thisUpdate: number, options: OcspOptions = {}) =>
  writeOcspResponse(client, { thisUpdate, producedAt: thisUpdate, nextUpdate: thisUpdate + HOUR_MS, ...options });

interface Shelf extends SharedAnswers {
  readonly values: Map<string, { readonly der: Uint8Array; readonly expires: number }>;
}

function makeShelf(): Shelf {
  const values: Shelf['values'] = new Map();
  return {
    values,
    read: async (id) => values.get(id)?.der,
    write: async (id, der, expires) => values.set(id, { der, expires }),
  };
}

t.test('what one has asked the others know', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const shared = makeShelf();
  t.equal((await makeAsker({ shared, maxStaleMs: 1000 }).ask(client, responder.url)).status, 'good');
  t.strictSame(
    [...shared.values.values()].map(({ expires }) => expires),
    [NOW + HOUR_MS + 1000],
    'kept for as long as it may count',
  );
  const restarted = Array.from({ length: 20 }, () => makeAsker({ shared }));
  for (const asker of restarted) {
    t.match(await asker.ask(client, responder.url), { status: 'good', nextUpdate: NOW + HOUR_MS });
    t.strictSame(asker.reports, ['shared']);
  }
  t.equal(responder.requests.length, 1, 'a fleet that starts again asks nobody');
});

t.test('a renewal is shared, too', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const shared = makeShelf();
  const replicas = [makeAsker({ shared }), makeAsker({ shared })] as const;
  for (const each of replicas) t.equal((await each.ask(client, responder.url)).status, 'good');
  responder.says(answerFrom(NOW + HOUR_MS / 4, { status: { revokedAt: NOW } }));
  for (const each of replicas) {
    each.pass(0.6 * HOUR_MS);
    await each.ask(client, responder.url);
    await until(() => each.changes() === 1);
    t.equal((await each.ask(client, responder.url)).status, 'revoked');
  }
  t.equal(responder.requests.length, 2, 'the second replica took what the first had asked for');
});

t.test('who hears that something has changed looks at what is shared first', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const shared = makeShelf();
  const [first, second] = [makeAsker({ shared }), makeAsker({ shared })];
  for (const each of [first, second]) t.equal((await each.ask(client, responder.url)).status, 'good');
  responder.says(answerFrom(NOW + HOUR_MS / 4, { status: { revokedAt: NOW } }));
  first.pass(0.6 * HOUR_MS);
  await first.ask(client, responder.url);
  await until(() => first.changes() === 1);
  // The clock of the second has not come to the time of the answer.
  second.pass(0.3 * HOUR_MS);
  t.equal((await second.ask(client, responder.url)).status, 'good', 'it has no reason to look yet');
  second.recheck();
  t.equal((await second.ask(client, responder.url)).status, 'revoked');
  t.match(second.ask(client, responder.url), { status: 'revoked' }, 'once is enough');
  t.equal(responder.requests.length, 2, 'without another question');
});

t.test('looking again asks no responder, and waits for none', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const asker = makeAsker({ shared: makeShelf() });
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  asker.recheck();
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  t.equal(responder.requests.length, 1);
  responder.says('silent');
  asker.pass(0.6 * HOUR_MS);
  asker.recheck();
  t.equal((await asker.ask(client, responder.url)).status, 'good', 'not even when it is time for a renewal');
  t.equal(responder.requests.length, 1);
  t.match(asker.ask(client, responder.url), { status: 'good' });
  await until(() => responder.requests.length === 2);
});

t.test('who keeps them is not believed', async (t) => {
  const forged: readonly (readonly [string, Uint8Array])[] = [
    ['another signer', answerFrom(NOW, { signWith: makeKey('ec') })],
    ['run out', answerFrom(NOW - 2 * HOUR_MS)],
    ['about somebody else', writeOcspResponse(root.client())],
    ['nonsense', Buffer.from('hello')],
    ['unknown to the responder', answerFrom(NOW, { status: 'unknown' })],
  ];
  for (const [what, der] of forged) {
    const responder = await startResponder(t, answerFrom(NOW, { status: { revokedAt: NOW } }));
    const asker = makeAsker({ shared: { read: async () => der, write: async () => undefined } });
    t.equal((await asker.ask(client, responder.url)).status, 'revoked', what);
    t.strictSame(asker.reports, ['answered'], `${what}: the responder was asked`);
  }
});

t.test('an older answer from there changes nothing', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW, { status: { revokedAt: NOW } }));
  const asker = makeAsker({ shared: { read: async () => old, write: async () => undefined } });
  let old: Uint8Array | undefined;
  t.equal((await asker.ask(client, responder.url)).status, 'revoked');
  old = answerFrom(NOW - 1000, { nextUpdate: NOW + 9 * HOUR_MS });
  responder.says({ status: 500, body: Buffer.of() });
  asker.pass(2 * HOUR_MS);
  await asker.ask(client, responder.url);
  await until(() => asker.reports.at(-1) === 'failed');
  t.equal((await asker.ask(client, responder.url)).status, 'revoked');
});

t.test('faults of what keeps them are misses', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const broken = () => Promise.reject(new Error('no store'));
  const asker = makeAsker({ shared: { read: broken, write: broken } });
  t.equal((await asker.ask(client, responder.url)).status, 'good');
});

t.test('only what helps others is shared', async (t) => {
  for (const options of [{ status: 'unknown' }, { signWith: makeKey('ec') }] as const) {
    const shared = makeShelf();
    const responder = await startResponder(t, answerFrom(NOW, options));
    t.equal((await makeAsker({ shared }).ask(client, responder.url)).status, 'unknown');
    t.equal(shared.values.size, 0);
  }
});
