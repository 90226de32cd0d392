// What does a handshake cost the gateway, from the TCP connection to the first request? Processor time of the listener alone:
// it runs in a process of its own, and the clients in this one.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { TestCertificate } from '../test/kit/pki.ts';
import { makeRoot } from '../test/kit/pki.ts';
import type { Place } from './handshakes/listener.ts';

const ROUNDS = 9;
const HANDSHAKES = 200;
const AT_ONCE = 8;

const root = makeRoot();
const client = root.client({ cn: 'bench' });
const server = root.server({ san: [{ kind: 'dns', value: 'localhost' }] });
const child = fork(fileURLToPath(new URL('./handshakes/listener.ts', import.meta.url)));
const started = once(child, 'message');
child.send({ certPem: server.chainPem, keyPem: server.keyPem, rootPem: root.pem });
const [place] = (await started) as [Place];

for (const certificate of [undefined, client]) {
  // The compiler has seen the code before it counts.
  await shakeHands(place.port, HANDSHAKES, certificate);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await readCpuMs(child);
    await shakeHands(place.port, HANDSHAKES, certificate);
    rounds.push(((await readCpuMs(child)) / HANDSHAKES) * 1000);
  }
  rounds.sort((one, other) => one - other);
  const what = certificate === undefined ? 'without a certificate' : 'with a certificate';
  const [least = 0, middle = 0] = [rounds[0], rounds[ROUNDS >> 1]];
  process.stdout.write(`${what}: ${Math.round(least)} us at least, median ${Math.round(middle)} us\n`);
}
child.kill();

async function shakeHands(port: number, count: number, certificate: TestCertificate | undefined): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await ask(port, certificate);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** One handshake of TLS 1.3, one request, and the end of the connection. */
async function ask(port: number, certificate: TestCertificate | undefined): Promise<void> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    rejectUnauthorized: false,
    ...(certificate && { cert: certificate.chainPem, key: certificate.keyPem }),
  });
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
}

async function readCpuMs(process: ChildProcess): Promise<number> {
  const answer = once(process, 'message');
  process.send('cpu');
  return (await answer)[0] as number;
}
