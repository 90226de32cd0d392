// Do the limits hold while attackers try to use the gateway up? Prints what was measured, and what is allowed.
//
// `--quick`: smaller, and with a margin for machines that do other things too. Any other word: only the
// attacks whose name contains it.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makePki, type TestPki } from '../test/kit/gateway.ts';
import { startBenchGateway } from './limits/gateway.ts';
import { type Measured, measure, type Row } from './limits/measure.ts';
import { findBroken, TABLE_HEAD, writeLine } from './limits/report.ts';

const isQuick = process.argv.includes('--quick');
const wanted = process.argv.slice(2).filter((word) => word !== '--quick');
const KiB = 1024;
const MiB = 1024 * KiB;

const ROWS: readonly Row[] = [
  { name: 'silence', count: 2000, mostBytesEach: 64 * KiB },
  { name: 'dribbled handshakes', count: 500, mostBytesEach: 128 * KiB },
  { name: 'idle connections', count: isQuick ? 1000 : 2000, mostBytesEach: 128 * KiB },
  { name: 'half requests', count: 500, mostBytesEach: 256 * KiB },
  { name: 'large certificates', count: 200, mostBytesEach: MiB },
  { name: 'header floods', count: isQuick ? 1000 : 4000, mostBytesEach: 128 * KiB },
  { name: 'slow readers', count: 20, mostBytesEach: 4 * MiB },
  { name: 'pipelining', count: isQuick ? 100 : 400, mostBytesEach: 512 * KiB },
  { name: 'no files left', count: 400, mostBytesEach: 256 * KiB, mayRefuse: true },
];

/** Fewer than the connections that come; for the row that may refuse. */
const FEW_FILES = 256;
const LARGE = Buffer.alloc(64 * MiB);

function startUpstream(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    response.end(request.url === '/large' ? LARGE : 'served');
  });
  server.on('connection', (socket) => socket.on('error', () => {}));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function measureRow(row: Row, pki: TestPki, upstreamPort: number): Promise<Measured> {
  const files = row.mayRefuse ? FEW_FILES : undefined;
  const gateway = await startBenchGateway({ pki, upstreamPort, files });
  try {
    return await measure(row, gateway, pki.issuing.client({ cn: 'good' }));
  } finally {
    await gateway.stop();
  }
}

const upstream = await startUpstream();
const { port: upstreamPort } = upstream.address() as AddressInfo;
const pki = makePki();
const rows = ROWS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const problems: string[] = [];
let failed = 0;
process.stdout.write(TABLE_HEAD);
for (const row of rows) {
  const measured = await measureRow(row, pki, upstreamPort);
  process.stdout.write(writeLine(measured));
  const broken = findBroken(measured, isQuick ? 3 : 1);
  problems.push(...broken);
  if (broken.length > 0) failed++;
}
upstream.closeAllConnections();
upstream.close();
process.stdout.write(`\n${problems.map((problem) => `${problem}\n`).join('')}`);
process.stdout.write(`${rows.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
