// Of pipelined requests the second one's answer broke off while the first was still awaited. Node has no socket to break
// then, and waited for an end that never came: the client hung on half an answer, and the connection stayed for good.

import type { Socket } from 'node:net';
import t from 'tap';
import { open } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { readAnswers } from '../kit/wire.ts';
import { startRawUpstream, until } from '../unit/proxy/rig.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const answer = (body: string, length = body.length) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`;

t.test('the answer before it arrives whole, it does not, and nothing comes for it', async (t) => {
  for (const isBroken of [false, true]) {
    let slow: Socket | undefined;
    const { url } = await startRawUpstream(t, (socket) => {
      socket.on('data', (bytes) => {
        const [, path] = bytes.toString('latin1').split(' ');
        if (path === '/1') slow = socket;
        else if (path === '/2' && isBroken) socket.end(answer('half', 8));
        else socket.write(answer(`whole ${path}`));
      });
    });
    const gateway = await startTestGateway(t, {
      upstreamPort: Number(url.port),
      yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]',
    });
    const socket = await open(t, gateway);
    const answers = readAnswers(t, socket);
    socket.write(get('/1') + get('/2'));
    await until(() => slow !== undefined && gateway.requests().length === (isBroken ? 1 : 0));
    socket.write(get('/3'));
    slow?.write(answer('whole /1'));
    t.equal((await answers.next()).body, 'whole /1');
    if (isBroken) {
      t.notMatch(await answers.rest(), /whole/);
    } else {
      t.equal((await answers.next()).body, 'whole /2');
      t.equal((await answers.next()).body, 'whole /3');
    }
    await until(() => gateway.requests().length === 3);
  }
});
