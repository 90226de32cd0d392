// A client could have any number of requests waiting on one connection: each of them was judged and sent on, and kept in
// memory until the ones before it were answered.

import type { ServerResponse } from 'node:http';
import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open, readAll, send } from '../kit/client.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const LIMIT = 16;

t.test('as many as the limit wait, one more ends the connection', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream(t, {
    answer(request, response) {
      if (request.url === '/held') held.push(response);
      else response.end(`answered ${request.url}`);
    },
  });
  const { port, gateway } = await startAttacked(t, { upstream });

  const patient = await open(t, { port });
  const answers = readAnswers(t, patient);
  patient.write(get('/held').repeat(LIMIT));
  await until(() => held.length === LIMIT);
  for (const response of held.splice(0)) response.end();
  for (let n = 0; n < LIMIT; n++) t.equal((await answers.next()).status, 200);

  for (const flood of [get('/held').repeat(LIMIT + 1), get('/held').repeat(5000), get('/admin').repeat(5000)]) {
    const socket = await open(t, { port });
    const all = readAll(socket);
    socket.write(flood);
    t.equal((await send(t, { port, path: '/good' })).text, 'answered /good', 'another client is served meanwhile');
    t.ok((await all).split('HTTP/1.1 ').length - 1 <= LIMIT, 'the connection ends');
  }
  t.ok(upstream.received.filter(({ url }) => url === '/held').length <= 3 * LIMIT, 'what came too late went nowhere');
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.probesPort}/metrics`)).text();
  t.match(metrics, /^portcullis_\w+\{.*"pipelining".*\} 3$/m, 'it is counted');
});
