// The parser of Node reads the methods of RTSP where a request says that protocol, and tells nobody that it did. They passed
// the gate, and Fastify's router answered: 404, with an error code of its own and no line that said why.

import t from 'tap';
import { checkRefused, startAttacked } from '../kit/attacked.ts';

const METHODS = ['ANNOUNCE', 'DESCRIBE', 'FLUSH', 'GET_PARAMETER', 'PAUSE', 'PLAY', 'RECORD', 'REDIRECT', 'SETUP'];

t.test('each is refused as a method', async (t) => {
  await checkRefused(
    t,
    await startAttacked(t),
    METHODS.map((method) => ({
      name: method,
      bytes: `${method} /x RTSP/1.0\r\nHost: localhost\r\n\r\n`,
      code: 'method-not-supported',
    })),
  );
});
