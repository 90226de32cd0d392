import t from 'tap';
import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { type OcspOptions, writeOcspResponse } from '../../kit/ocsp.ts';
import { startResponder } from '../../kit/ocsp-responder.ts';
import { makeRoot } from '../../kit/pki.ts';
import { until } from '../../kit/until.ts';
import { HOUR_MS, makeAsker } from './ocsp-asker.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const root = makeRoot({ name: 'Root' });
const client = root.client();

/** A response about the client that holds for an hour from then on. */
function answerFrom(thisUpdate: number, options: OcspOptions = {}): Uint8Array {
  const dates = { thisUpdate, producedAt: thisUpdate, nextUpdate: thisUpdate + HOUR_MS };
  return writeOcspResponse(client, { ...dates, ...options });
}

const revoked = { status: { revokedAt: NOW } } as const;

t.test('who asks at once is answered by one request, and later from memory', async (t) => {
  const responder = await startResponder(t);
  const asker = makeAsker();
  const released = Promise.withResolvers<Uint8Array>();
  responder.says(() => released.promise);
  const asking = Array.from({ length: 500 }, () => asker.ask(client, responder.url));
  await until(() => responder.requests.length > 0);
  released.resolve(answerFrom(NOW));
  for (const answer of await Promise.all(asking)) if (answer.status !== 'good') t.fail(`${answer.note}`);
  t.match(asker.ask(client, responder.url), { status: 'good', nextUpdate: NOW + HOUR_MS }, 'without waiting');
  t.equal(responder.requests.length, 1);
  t.equal(
    (await asker.ask(root.client(), responder.url)).status,
    'unknown',
    'another certificate has an answer of its own',
  );
  t.equal(responder.requests.length, 2);
});

t.test('the same number under another authority is another certificate', async (t) => {
  const other = makeRoot({ name: 'Root' }).client({ serial: client.facts.serial });
  const responder = await startResponder(t, answerFrom(NOW));
  const asker = makeAsker();
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  t.match(await asker.ask(other, responder.url), { status: 'unknown', note: /^OCSP certificate-id: / });
});

t.test('it is renewed while the old answer still holds', async (t) => {
  for (const chance of [0, 0.99]) {
    const responder = await startResponder(t, answerFrom(NOW));
    const asker = makeAsker({ chance });
    await asker.ask(client, responder.url);
    // Half of its life and up to a quarter.
    asker.pass(HOUR_MS * (0.48 + chance / 4));
    await asker.ask(client, responder.url);
    t.equal(responder.requests.length, 1, 'not before its time');
    responder.says(answerFrom(NOW + HOUR_MS / 4));
    asker.pass(HOUR_MS * 0.03);
    t.match(asker.ask(client, responder.url), { status: 'good', nextUpdate: NOW + HOUR_MS }, 'nobody waits');
    t.match(asker.ask(client, responder.url), { nextUpdate: NOW + HOUR_MS }, 'nor asks a second time');
    await until(async () => (await asker.ask(client, responder.url)).nextUpdate === NOW + 1.25 * HOUR_MS);
    t.equal(responder.requests.length, 2);
    t.equal(asker.changes(), 0, 'it says the same');
  }
});

t.test('a certificate that was revoked meanwhile', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const asker = makeAsker();
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  responder.says(answerFrom(NOW + HOUR_MS / 4, revoked));
  asker.pass(HOUR_MS * 0.6);
  await asker.ask(client, responder.url);
  await until(() => asker.changes() === 1);
  t.match(asker.ask(client, responder.url), { status: 'revoked', revokedAt: NOW });
});

t.test('no way back to an older answer', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW, revoked));
  const asker = makeAsker();
  t.equal((await asker.ask(client, responder.url)).status, 'revoked');
  for (const thisUpdate of [NOW - 1000, NOW]) {
    responder.says(answerFrom(thisUpdate, { nextUpdate: NOW + 9 * HOUR_MS }));
    const before = responder.requests.length;
    asker.pass(HOUR_MS);
    await asker.ask(client, responder.url);
    await until(() => asker.reports.length > before);
    t.equal((await asker.ask(client, responder.url)).status, 'revoked', 'good, but not newer');
  }
  responder.says(answerFrom(NOW + 2.5 * HOUR_MS));
  asker.pass(HOUR_MS);
  await asker.ask(client, responder.url);
  await until(() => asker.changes() === 1);
  t.equal((await asker.ask(client, responder.url)).status, 'good', 'a hold that was lifted');
});

t.test('a replayed answer clears nobody after its end', async (t) => {
  const replayed = answerFrom(NOW);
  const responder = await startResponder(t, replayed);
  const asker = makeAsker();
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  asker.pass(HOUR_MS + 1000);
  t.match(await asker.ask(client, responder.url), { status: 'unknown', note: /^OCSP next-update: / });
  const withNonce = makeAsker({ sendNonce: true });
  responder.says(answerFrom(NOW, { nonce: new Uint8Array(32) }));
  t.match(
    await withNonce.ask(client, responder.url),
    { status: 'unknown', note: /^OCSP nonce: / },
    'with a nonce at once',
  );
});

t.test('an older answer than the one that has run out does not take its place', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const asker = makeAsker();
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  responder.says(answerFrom(NOW - 1000, { nextUpdate: NOW + 9 * HOUR_MS }));
  asker.pass(HOUR_MS + 1000);
  t.match(await asker.ask(client, responder.url), {
    status: 'unknown',
    note: /older than an answer that is already known/,
  });
});

t.test('an answer that has run out counts for maxStale, once its responder was asked', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW));
  const asker = makeAsker({ maxStaleMs: HOUR_MS });
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  responder.says({ status: 500, body: Buffer.of() });
  asker.pass(HOUR_MS + 1000);
  t.match(await asker.ask(client, responder.url), { status: 'good', note: /is past its end/ });
  t.equal(responder.requests.length, 2, 'it was asked first');
  asker.pass(HOUR_MS);
  t.match(await asker.ask(client, responder.url), { status: 'unknown', note: /answered with status 500/ }, 'no longer');
});

t.test('what the responder does not know is asked for again soon', async (t) => {
  const responder = await startResponder(t, answerFrom(NOW, { status: 'unknown' }));
  const asker = makeAsker();
  const statusNow = async (): Promise<RevocationAnswer['status']> => (await asker.ask(client, responder.url)).status;
  t.equal(await statusNow(), 'unknown');
  t.equal(await statusNow(), 'unknown');
  t.equal(responder.requests.length, 1, 'not for each request');
  responder.says(answerFrom(NOW + 1000));
  asker.pass(6_000);
  t.equal(await statusNow(), 'good');
});
