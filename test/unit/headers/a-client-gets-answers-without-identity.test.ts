import t from 'tap';
import { buildAnswerHeaders } from '../../../src/headers/answer.ts';
import { createStripper } from '../../../src/headers/strip.ts';

const { blockedAnswer } = createStripper(['X-DN']);

t.test('ordinary headers of an answer keep their order, case and repetitions', async (t) => {
  const ordinary = ['content-type', 'text/plain', 'Set-Cookie', 'a=1', 'SET-COOKIE', 'b=2', 'X-Request-Id', 'theirs'];
  t.strictSame(buildAnswerHeaders(ordinary, blockedAnswer), ordinary);
});

t.test('identity headers do not come back', async (t) => {
  const identity = ['X-Client-Subject', 'CN=alice', 'x_dn', 'CN=alice', 'Client-Cert', ':AA==:', 'Server', 'app'];
  t.strictSame(buildAnswerHeaders(identity, blockedAnswer), ['Server', 'app']);
});

t.test('headers of the upstream’s connection do not come back', async (t) => {
  const hop = [
    ['Connection', 'close, X-Hop, content-length, Set-Cookie'],
    ['X-Hop', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authenticate', 'Basic'],
    ['Trailer', 'X-Checksum'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
  ].flat();
  const ordinary = ['Content-Length', '3', 'Set-Cookie', 'a=1'];
  t.strictSame(buildAnswerHeaders([...hop, ...ordinary], blockedAnswer), ordinary);
});
