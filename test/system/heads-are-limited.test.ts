// Fields beyond the limit are not left out in silence, as Node would do, with Content-Length among them: the request is
// refused.

import t from 'tap';
import { checkRefused, startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const fields = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: x\r\n`).join('');
const get = (more: string) => `GET /x HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

t.test('heads', async (t) => {
  const attacked = await startAttacked(t);
  for (const [name, more] of [
    ['as many fields as are allowed', fields(99)],
    ['a long field', `X-Long: ${'x'.repeat(15_000)}\r\n`],
  ] as const) {
    const socket = await open(t, { port: attacked.port });
    const answers = readAnswers(t, socket);
    socket.write(get(more));
    t.equal((await answers.next()).status, 200, name);
  }
  const smuggled = 'GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const post = `POST /x HTTP/1.1\r\nHost: localhost\r\n${fields(1100)}Content-Length: ${smuggled.length}\r\n\r\n`;
  await checkRefused(t, attacked, [
    { name: 'one field too many', bytes: get(fields(100)), code: 'headers-too-large', goesOn: true },
    { name: 'a length behind 1100 fields', bytes: post + smuggled, code: 'headers-too-large', goesOn: true },
    { name: 'a head that is too long', bytes: get(`X-Long: ${'x'.repeat(17_000)}\r\n`), code: 'headers-too-large' },
    {
      name: 'a target that is too long',
      bytes: get('').replace('/x', `/${'x'.repeat(17_000)}`),
      code: 'headers-too-large',
    },
    { name: 'a name that is too long', bytes: get(`${'x'.repeat(17_000)}: x\r\n`), code: 'headers-too-large' },
  ]);
});

t.test('limits of the operator', async (t) => {
  const attacked = await startAttacked(t, { yaml: 'limits: { headers: 10, headerBytes: 1KiB }\n' });
  const socket = await open(t, { port: attacked.port });
  const answers = readAnswers(t, socket);
  socket.write(get(fields(9)));
  t.equal((await answers.next()).status, 200);
  await checkRefused(t, attacked, [
    { name: 'one field too many', bytes: get(fields(10)), code: 'headers-too-large', goesOn: true },
    { name: 'a head that is too long', bytes: get(`X-Long: ${'x'.repeat(1100)}\r\n`), code: 'headers-too-large' },
  ]);
});
