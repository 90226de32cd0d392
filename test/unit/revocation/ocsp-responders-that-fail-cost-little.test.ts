import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import t from 'tap';
import { writeOcspResponse, writeOcspStatus } from '../../kit/ocsp.ts';
import { type Reply, startResponder } from '../../kit/ocsp-responder.ts';
import { makeRoot } from '../../kit/pki.ts';
import { until } from '../../kit/until.ts';
import { HOUR_MS, makeAsker } from './ocsp-asker.ts';

const root = makeRoot({ name: 'Root' });
const client = root.client();
const good = writeOcspResponse(client);

t.test('one that never answers', async (t) => {
  const responder = await startResponder(t, 'silent');
  const asker = makeAsker({ timeLimitMs: 200 });
  t.match(await asker.ask(client, responder.url), { status: 'unknown', note: /no complete answer within \d+ ms/ });
  t.match(asker.ask(client, responder.url), { status: 'unknown' }, 'the next one does not wait');
  t.equal(responder.requests.length, 1);
  responder.says(good);
  asker.pass(5_000);
  t.equal((await asker.ask(client, responder.url)).status, 'good', 'a few seconds later it is asked again');
});

t.test('one that takes its time', async (t) => {
  const responder = await startResponder(t);
  const released = Promise.withResolvers<Uint8Array>();
  responder.says(() => released.promise);
  const asker = makeAsker();
  const asking = asker.ask(client, responder.url);
  await until(() => responder.requests.length === 1);
  released.resolve(good);
  t.equal((await asking).status, 'good');
});

t.test('one that is not there', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const answer = await makeAsker().ask(client, `http://127.0.0.1:${port}/secret?key=1`);
  t.match(answer, { status: 'unknown', note: new RegExp(`^OCSP responder: 127.0.0.1:${port} `) });
  t.notMatch(answer.note, /secret|key=/, 'the host is enough to name it');
});

t.test('answers that are none', async (t) => {
  const text = { contentType: 'text/html', body: good };
  const replies: readonly (readonly [string, Reply, RegExp])[] = [
    ['another status', { status: 404, body: good }, /answered with status 404/],
    ['another content type', text, /no OCSP response by its content type/],
    ['nonsense', Buffer.from('hello'), /malformed response/],
    ['too much', Buffer.concat([good, Buffer.alloc(64 * 1024)]), /larger than|too large|octets|bytes/],
    ['a refusal', writeOcspStatus(6), /^OCSP response-status: the responder says unauthorized/],
    ['a delay', writeOcspStatus(3), /^OCSP response-status: the responder says tryLater/],
  ];
  for (const [what, reply, note] of replies) {
    const responder = await startResponder(t, reply);
    t.match(await makeAsker().ask(client, responder.url), { status: 'unknown', note }, what);
    responder.says({ contentType: 'Application/OCSP-Response; charset=x', body: good });
    t.equal((await makeAsker().ask(client, responder.url)).status, 'good', 'and as it should be');
  }
});

t.test('a good answer holds to its end while the responder is away', async (t) => {
  const responder = await startResponder(t, good);
  const asker = makeAsker();
  t.equal((await asker.ask(client, responder.url)).status, 'good');
  responder.says({ status: 503, body: Buffer.of() });
  asker.pass(20 * HOUR_MS);
  t.match(asker.ask(client, responder.url), { status: 'good', note: undefined });
  await until(() => asker.reports.at(-1) === 'failed');
  t.match(asker.ask(client, responder.url), { status: 'good', note: undefined });
});

t.test('after several failures it is left alone, but for one who tries', async (t) => {
  const responder = await startResponder(t, { status: 500, body: Buffer.of() });
  const asker = makeAsker();
  const askAbout = async (count: number) => {
    const clients = Array.from({ length: count }, () => root.client());
    for (const each of clients) await asker.ask(each, responder.url);
  };
  await askAbout(6);
  t.strictSame(asker.reports, ['failed', 'failed', 'failed', 'skipped', 'skipped', 'skipped']);
  t.equal(responder.requests.length, 3);
  t.match(await asker.ask(root.client(), responder.url), { status: 'unknown', note: /left alone after several/ });
  asker.reports.length = 0;
  asker.pass(10_000);
  await askAbout(2);
  t.strictSame(asker.reports, ['failed', 'skipped'], 'one tries, and finds it still broken');
  asker.reports.length = 0;
  asker.pass(10_000);
  responder.says(good);
  await askAbout(2);
  t.strictSame(asker.reports, ['answered', 'answered'], 'it is back');
});

t.test('one that fails does not keep others from being asked', async (t) => {
  const [broken, working] = [
    await startResponder(t, { status: 500, body: Buffer.of() }),
    await startResponder(t, good),
  ];
  const asker = makeAsker();
  for (let count = 0; count < 4; count++) await asker.ask(root.client(), broken.url);
  t.equal(asker.reports.at(-1), 'skipped');
  t.equal((await asker.ask(client, working.url)).status, 'good');
});

t.test('a short request goes into the address where that is wanted, a long one never', async (t) => {
  const responder = await startResponder(t, good);
  const methodsOf = async (options: Parameters<typeof makeAsker>[0], url = responder.url) => {
    await makeAsker(options).ask(client, url);
    return responder.requests.at(-1);
  };
  t.match(await methodsOf({}), { method: 'POST', path: '/ocsp', contentType: 'application/ocsp-request' });
  const posted = responder.requests.at(-1)?.der;
  const got = await methodsOf({ method: 'get' });
  t.match(got, { method: 'GET', contentType: undefined });
  t.strictSame(got?.der, posted, 'the same request');
  t.match(got?.path, /^\/ocsp\/[\w%]+$/, 'base64, encoded for an address');
  t.match(await methodsOf({ method: 'get' }, `${responder.url}/`), { path: got?.path }, 'one slash');
  t.match(await methodsOf({ method: 'get' }, `${responder.url}?a=b`), { method: 'POST' }, 'behind a query');
  t.match(await methodsOf({ method: 'get' }, `${responder.url}/${'a'.repeat(200)}`), { method: 'POST' }, 'too long');
});
