// An entry of X-Forwarded-For with a port, as some proxies write it, was passed over, and the one before it counted: what
// the client had said of itself. So it had as many shares as it could write addresses, and used up those of others. And a
// proxy with a dual-stack socket had one share for all of its IPv4 clients.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const VICTIM = '203.0.113.9';

/** How each of two clients is written by its proxy. */
const FORMS: readonly (readonly [name: string, client: string, other: string])[] = [
  ['plain', '198.51.100.1', '198.51.100.2'],
  ['with a port', '198.51.100.1:50000', '198.51.100.2:50000'],
  ['in brackets', '[2001:db8:0:1::1]', '[2001:db8:0:2::1]'],
  ['in brackets, with a port', '[2001:db8:0:1::1]:50000', '[2001:db8:0:2::1]:50000'],
  ['IPv4 in IPv6', '::ffff:198.51.100.1', '::ffff:198.51.100.2'],
  ['in brackets, IPv4 in IPv6', '[::ffff:198.51.100.1]:50000', '[::ffff:198.51.100.2]:50000'],
];

for (const [name, client, other] of FORMS) {
  t.test(name, async (t) => {
    const { port } = await startAttacked(t, {
      yaml: 'trustedProxies: [127.0.0.1]\nlimits: { perAddress: { requestsPerSecond: 1, burst: 60s } }\n',
    });
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    const ask = async (forwarded: string) => {
      socket.write(`GET /public HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${forwarded}\r\n\r\n`);
      return (await answers.next()).status;
    };
    const statuses: number[] = [];
    // Each time it says to be somebody else.
    for (let index = 0; index < 200 && statuses.at(-1) !== 429; index++) {
      statuses.push(await ask(`${VICTIM}, 192.0.2.${index}, ${client}`));
    }
    t.equal(statuses[0], 200);
    t.equal(statuses.at(-1), 429, 'it is one client');
    t.equal(await ask(`192.0.2.1, ${other}`), 200, 'another one has a share of its own');
    t.equal(await ask(VICTIM), 200, 'and so has whom it named');
  });
}

t.test('what is no address is nobody', async (t) => {
  const { port } = await startAttacked(t, {
    yaml: 'trustedProxies: [127.0.0.1]\nlimits: { perAddress: { requestsPerSecond: 1, burst: 2s } }\n',
  });
  const socket = await open(t, { port });
  const answers = readAnswers(t, socket);
  const ask = async (forwarded: string) => {
    socket.write(`GET /public HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${forwarded}\r\n\r\n`);
    return (await answers.next()).status;
  };
  for (let index = 0; index < 10; index++) t.equal(await ask(`${VICTIM}, unknown`), 200);
  t.equal(await ask(VICTIM), 200, 'and not whom the client has named before it');
});
