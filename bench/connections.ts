// What does a reload do to many open connections? `npm run bench:connections -- [how many]`, 10,000 when left out: half of them
// with a certificate that the reload revokes. Each sends a request before it and one behind it; exit code 1 when one is lost.

import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { makePki } from '../test/kit/gateway.ts';
import { startBenchGateway } from './limits/gateway.ts';
import { inParallel, nextStatus, openSecure } from './limits/sockets.ts';

const CONNECTIONS = Number(process.argv[2] ?? 10_000);
/** Handshakes and requests that are under way at a time. */
const AT_A_TIME = 32;
const YAML = `
log: { requests: false }
limits:
  eventLoopDelay: 1m
  connections: ${CONNECTIONS + 100}
  perCertificate: { connections: ${CONNECTIONS}, handshakesPerSecond: 100000, requestsPerSecond: 100000 }
  perAddress: { handshakesPerSecond: 100000, requestsPerSecond: 100000 }
timeouts: { idle: 1h }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
`;

const upstream = createServer((_, response) => response.end('answered'));
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const pki = makePki();
const upstreamPort = (upstream.address() as AddressInfo).port;
const gateway = await startBenchGateway({ pki, upstreamPort, yaml: YAML, watch: true });
const certificates = ['stays', 'goes'].map((cn) => pki.issuing.client({ cn }));
const credentials = certificates.map(({ chainPem, keyPem }) => ({ cert: chainPem, key: keyPem }));

function ask(socket: TLSSocket): Promise<number> {
  const status = nextStatus(socket);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return status;
}

async function askAll(): Promise<Record<number, number>> {
  const statuses = await inParallel(sockets.length, AT_A_TIME, (index) => ask(sockets[index] as TLSSocket));
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1);
const opening = performance.now();
const sockets = await inParallel(CONNECTIONS, AT_A_TIME, async (index) => {
  const socket = await openSecure(gateway, index, credentials[index % 2]);
  const status = await ask(socket);
  if (status !== 200) throw new Error(`the first request was answered with ${status}`);
  return socket;
});
console.log(`${sockets.length} connections opened and used in ${seconds(opening)} s`);
console.log(`${await gateway.connections()} connections are open`);
await gateway.look();

const path = join(gateway.folder, 'ca.crl');
const [, goes] = certificates;
if (goes === undefined) throw new Error('there are two');
const began = performance.now();
writeFileSync(`${path}.new`, pki.root.crl().pem + pki.issuing.crl({ revoked: [goes], number: 99 }).pem);
renameSync(`${path}.new`, path);
while ((await gateway.metric('portcullis_reloads_total{outcome="done"}')) !== 1) await wait(20);
const took = seconds(began);
const { delayMaxMs } = await gateway.look();
console.log(`reloaded ${took} s behind the change; the event loop was late by ${delayMaxMs.toFixed(0)} ms at most`);
console.log(`${await gateway.connections()} connections are open`);
const behind = await askAll();
console.log('answers behind it, by status:', behind);
console.log(`resident: ${(gateway.memory().now / 1024 ** 2).toFixed(0)} MiB`);

for (const socket of sockets) socket.destroy();
await gateway.stop();
upstream.close();
upstream.closeAllConnections();
const half = Math.floor(CONNECTIONS / 2);
process.exitCode = behind[200] === CONNECTIONS - half && behind[403] === half ? 0 : 1;
