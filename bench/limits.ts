// Do the limits hold while attackers try to use the gateway up? Prints what was measured, and what is allowed.
//
// `--quick`: smaller, and with a margin for machines that do other things too. Any other word: only the
// attacks whose name contains it.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makePki } from '../test/kit/gateway.ts';
import { startBenchGateway } from './limits/gateway.ts';
import { type Measured, measure, type Row } from './limits/measure.ts';
import { findBroken, TABLE_HEAD, writeLine } from './limits/report.ts';

const isQuick = process.argv.includes('--quick');
const wanted = process.argv.slice(2).filter((word) => word !== '--quick');

/** In the order of the table; `mostMiB` is about twice what was measured. */
const ROWS: readonly Row[] = [
  { name: 'silence', count: 2000, mostMiB: 96 },
  { name: 'dribbled handshakes', count: 500, mostMiB: 96 },
  { name: 'idle connections', count: isQuick ? 1000 : 2000, mostMiB: 224 },
  { name: 'half requests', count: 500, mostMiB: 96 },
  { name: 'large certificates', count: 200, mostMiB: 160 },
  { name: 'header floods', count: isQuick ? 1000 : 4000, mostMiB: 256 },
  { name: 'request floods', count: isQuick ? 20_000 : 40_000, mostMiB: 128 },
  { name: 'slow readers', count: 20, mostMiB: 224 },
  { name: 'pipelining', count: isQuick ? 100 : 400, mostMiB: 256 },
  { name: 'no files left', count: 400, mostMiB: 32, mayRefuse: true },
];

/** Fewer than the connections that come; for the row that may refuse. */
const FEW_FILES = 256;
/** What slow readers ask for. */
const LARGE = Buffer.alloc(64 * 1024 * 1024);
/** The limits of `report.ts`, times this, for a machine that does other things too. */
const MARGIN = isQuick ? 3 : 1;

function startUpstream(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    response.end(request.url === '/large' ? LARGE : 'served');
  });
  server.on('connection', (socket) => socket.on('error', () => {}));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function measureRow(row: Row): Promise<Measured> {
  const files = row.mayRefuse ? FEW_FILES : undefined;
  const gateway = await startBenchGateway({ pki, upstreamPort, files });
  try {
    return await measure(row, gateway, pki.issuing.client({ cn: 'good' }));
  } finally {
    await gateway.stop();
  }
}

/** Gives what is broken, as sentences. */
async function measureAndTell(row: Row): Promise<string[]> {
  const measured = await measureRow(row);
  process.stdout.write(writeLine(measured));
  return findBroken(measured, MARGIN);
}

if (process.platform !== 'linux')
  throw new Error('reads /proc and attacks from several loopback addresses: Linux only');
const upstream = await startUpstream();
const { port: upstreamPort } = upstream.address() as AddressInfo;
const pki = makePki();
const rows = ROWS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const problems: string[] = [];
let failed = 0;
process.stdout.write(TABLE_HEAD);
for (const row of rows) {
  let broken = await measureAndTell(row);
  // What the machine did meanwhile does not happen twice; what the gateway does, does.
  if (isQuick && broken.length > 0) broken = await measureAndTell(row);
  problems.push(...broken);
  if (broken.length > 0) failed++;
}
upstream.closeAllConnections();
upstream.close();
process.stdout.write(`\n${problems.map((problem) => `${problem}\n`).join('')}`);
process.stdout.write(`${rows.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
