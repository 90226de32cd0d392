// The limits of a head are the operator's to set (those of the defaults: test/attacks/request-lines.jsonl).

import t from 'tap';
import { checkRefused, startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const fields = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: x\r\n`).join('');
const get = (more: string) => `GET /x HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

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
