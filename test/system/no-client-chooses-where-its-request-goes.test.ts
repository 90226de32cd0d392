// Neither target nor Host leads to an address that the client chose: nobody connects to it.

import t from 'tap';
import { checkRefused, startAttacked } from '../kit/attacked.ts';

t.test('an address in the request', async (t) => {
  const attacked = await startAttacked(t);
  const canary = `127.0.0.1:${attacked.canary.port}`;
  const closing = 'Connection: close\r\n\r\n';
  await checkRefused(t, attacked, [
    {
      name: 'as an absolute target',
      bytes: `GET http://${canary}/x HTTP/1.1\r\nHost: localhost\r\n${closing}`,
      code: 'path-invalid',
    },
    { name: 'as Host', bytes: `GET /x HTTP/1.1\r\nHost: ${canary}\r\n${closing}`, code: 'host-unknown' },
    {
      name: 'of CONNECT',
      bytes: `CONNECT ${canary} HTTP/1.1\r\nHost: ${canary}\r\n\r\n`,
      code: 'method-not-supported',
    },
  ]);
  t.equal(attacked.canary.hits(), 0);
});
