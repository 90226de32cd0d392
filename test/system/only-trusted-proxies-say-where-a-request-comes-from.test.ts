// X-Forwarded-For, -Proto, -Host and X-Request-Id of a client are replaced, unless its address is in `trustedProxies`; its
// other words of that kind never pass.

import t, { type Test } from 'tap';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { send } from '../kit/client.ts';
import { headerOf, type Received } from '../kit/upstream.ts';

const SENT = {
  'X-Forwarded-For': '203.0.113.7',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Host': 'public.example',
  'X-Request-Id': 'request-0001',
};
/** Stripped from everybody. */
const OTHERS = {
  Forwarded: 'for=203.0.113.8',
  'X-Forwarded-Port': '1',
  'X-Forwarded-Server': 'evil',
  'X-Forwarded-User': 'evil',
  'X-Forwarded-Prefix': '/evil',
  'X-Forwarded': 'evil',
  'X-Real-IP': '203.0.113.9',
  'X-Original-URL': '/evil',
  'X-Original-Host': 'evil',
  'X-Original-Forwarded-For': 'evil',
  'X-Rewrite-URL': '/evil',
};

async function ask(
  t: Test,
  { port, upstream }: Attacked,
  headers: Record<string, string | string[]>,
): Promise<Received> {
  t.equal((await send(t, { port, path: '/x', headers: { ...OTHERS, ...headers } })).status, 200);
  const received = upstream.received.at(-1);
  if (received === undefined) throw new Error('nothing was received');
  for (const name of Object.keys(OTHERS)) t.strictSame(headerOf(received, name), [], `${name} is gone`);
  return received;
}

const valuesOf = (received: Received) => Object.keys(SENT).map((name) => headerOf(received, name));

t.test('from anybody', async (t) => {
  const attacked = await startAttacked(t);
  for (const spell of [(name: string) => name, (name: string) => name.toLowerCase().replaceAll('-', '_')]) {
    const sent = Object.fromEntries(Object.entries(SENT).map(([name, value]) => [spell(name), value]));
    const [from, proto, host, id] = valuesOf(await ask(t, attacked, sent));
    t.strictSame([from, proto, host], [['127.0.0.1'], ['https'], ['localhost']]);
    t.match(id, [/^[0-9a-f-]{36}$/]);
    t.notOk(JSON.stringify(attacked.upstream.received.at(-1)?.rawHeaders).includes('203.0.113'));
  }
});

t.test('from an address that is not trusted, while others are', async (t) => {
  const attacked = await startAttacked(t, { yaml: 'trustedProxies: [10.0.0.0/8, "::1"]\n' });
  const [from, proto, host] = valuesOf(await ask(t, attacked, SENT));
  t.strictSame([from, proto, host], [['127.0.0.1'], ['https'], ['localhost']]);
});

t.test('from a trusted address', async (t) => {
  const attacked = await startAttacked(t, { yaml: 'trustedProxies: [127.0.0.0/8]\n' });
  t.strictSame(valuesOf(await ask(t, attacked, SENT)), [
    ['203.0.113.7, 127.0.0.1'],
    ['http'],
    ['public.example'],
    ['request-0001'],
  ]);
  const [several] = valuesOf(
    await ask(t, attacked, { 'X-Forwarded-For': ['203.0.113.1, 203.0.113.2', '2001:db8::1'] }),
  );
  t.strictSame(several, ['203.0.113.1, 203.0.113.2, 2001:db8::1, 127.0.0.1'], 'its list goes on');
  const odd = await ask(t, attacked, {
    'X-Forwarded-For': 'evil<script>',
    'X-Forwarded-Proto': 'gopher',
    'X-Forwarded-Host': 'a b',
    'X-Request-Id': 'a b; evil',
  });
  const [from, proto, host, id] = valuesOf(odd);
  t.strictSame([from, proto, host], [['127.0.0.1'], ['https'], ['localhost']], 'what makes no sense is replaced');
  t.match(id, [/^[0-9a-f-]{36}$/]);
  const elsewhere = await send(t, {
    port: attacked.port,
    headers: { 'X-Forwarded-Host': 'secure.test' },
    path: '/admin',
  });
  t.match(elsewhere, { status: 403, text: /certificate-required/ }, 'rules go by Host all the same');
});
