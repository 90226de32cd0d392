import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { createWebhook, type Post } from '../../../src/expiry/webhook.ts';
import { silentLog } from '../../../src/model/log.ts';
import { createOutbound } from '../../../src/revocation/outbound.ts';
import { until } from '../../kit/until.ts';

const SECRET = Buffer.from('a secret of more than 24 bytes');
const NOW = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A server that answers with these statuses, and then with the last one; the webhook that tells it. */
async function start(t: Test, ...statuses: number[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(statuses[Math.min(received.length, statuses.length) - 1] ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const state = { now: NOW };
  const { webhook, outcomes } = startWebhook(t, createOutbound(), `http://127.0.0.1:${port}/hook`, state);
  return { webhook, received, outcomes, state };
}

function startWebhook(t: Test, post: Post, url: string, state: { now: number }) {
  const outcomes: string[] = [];
  const webhook = createWebhook({
    target: () => ({ url, secret: SECRET, post }),
    clock: () => state.now,
    random: () => 0,
    log: silentLog,
    report: (outcome) => outcomes.push(outcome),
  });
  t.teardown(webhook.close);
  return { webhook, outcomes };
}

t.test('signed, as Standard Webhooks has it', async (t) => {
  const { webhook, received, outcomes } = await start(t, 202);
  webhook.send({ type: 'test', text: 'ä' });
  await until(() => outcomes.length === 1);
  t.strictSame(outcomes, ['done'], 'any success is one');
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  t.equal(body, '{"type":"test","text":"ä"}');
  t.match(headers, { 'content-type': 'application/json', 'webhook-timestamp': String(NOW / 1000) });
  t.match(headers['webhook-id'], /^msg_[0-9a-f-]{36}$/);
  const mac = createHmac('sha256', SECRET)
    .update(`${headers['webhook-id']}.${NOW / 1000}.${body}`)
    .digest('base64');
  t.equal(headers['webhook-signature'], `v1,${mac}`);
});

t.test('messages come in their order, one after another', async (t) => {
  const { webhook, received, outcomes } = await start(t, 200);
  for (const number of [1, 2, 3]) webhook.send({ number });
  await until(() => outcomes.length === 3);
  t.strictSame(
    received.map(({ body }) => body),
    ['{"number":1}', '{"number":2}', '{"number":3}'],
  );
});

t.test('what fails is tried again, with the same id, and later and later', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const tries: { id: string | undefined; at: number }[] = [];
  let seconds = 0;
  const post: Post = async ({ headers }) => {
    tries.push({ id: headers['webhook-id'], at: seconds });
    return tries.length < 9 ? { ok: false, why: 'away' } : { ok: true };
  };
  const { webhook, outcomes } = startWebhook(t, post, 'http://hook.example/', { now: NOW });
  webhook.send({});
  while (outcomes.at(-1) !== 'done') {
    await new Promise((resolve) => setImmediate(resolve));
    seconds++;
    mock.timers.tick(1_000);
  }
  t.equal(new Set(tries.map(({ id }) => id)).size, 1);
  const pauses = tries.slice(1).map(({ at }, index) => at - (tries[index]?.at ?? 0));
  t.strictSame(pauses, [5, 9, 18, 36, 72, 144, 270, 270], 'a tenth less, by chance');
});

t.test('the queue is bounded, and what waits for a day is given up', async (t) => {
  const tried: string[] = [];
  const state = { now: NOW };
  const pending: (() => void)[] = [];
  const post: Post = ({ body }) => {
    tried.push(Buffer.from(body).toString());
    return new Promise((resolve) => pending.push(() => resolve({ ok: false, why: 'away' })));
  };
  const { webhook, outcomes } = startWebhook(t, post, 'http://hook.example/', state);
  for (let number = 0; number < 103; number++) webhook.send({ number });
  t.strictSame(outcomes, ['lost', 'lost', 'lost'], 'the oldest go');
  state.now += DAY_MS + 1;
  pending[0]?.();
  await until(() => outcomes.length > 3);
  t.strictSame(tried, ['{"number":0}']);
  t.strictSame(outcomes.slice(3), ['failed', 'lost']);
});

t.test('nobody is told where nobody is to be', async (t) => {
  const webhook = createWebhook({
    target: () => undefined,
    clock: () => NOW,
    random: () => 0,
    log: silentLog,
    report: () => t.fail('nobody is there'),
  });
  webhook.send({});
  webhook.close();
});
