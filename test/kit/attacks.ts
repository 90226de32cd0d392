// Sends the rows of the attack tables over real TLS, under each mode, without a certificate and with a good one. Behind
// each row stands one plain request, on the same connection or, when that has ended, on a fresh one: it must be answered as
// itself, and be all that the upstream got besides what the row says.

import type { TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { MODES, type Mode } from '../../src/policy/options.ts';
import {
  type Asker,
  describeReceived,
  expectFinding,
  type Finding,
  findStatus,
  isOnlyItsRefusal,
} from './attack-outcome.ts';
import { type Form, formsOf, methodOf, type Row, writeRow } from './attack-rows.ts';
import { open } from './client.ts';
import { startTestGateway } from './gateway.ts';
import { startUpstream, type TestUpstream } from './upstream.ts';
import { answerUpgrade } from './websocket.ts';
import { type AnswerReader, readAnswers } from './wire.ts';

/** For attacks by any version of HTTP. `/public` reads no certificate under any mode: the requests behind the rows go there. */
export const writeSites = (mode: Mode, upstreamPort: number) => `
limits: { requestsPerConnection: 1000000 }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: ${mode}
    origins: ["https://app.test", "http://legacy.test:8080"]
    paths: { /admin: { clientCertificate: require }, /public: { clientCertificate: ignore } }
  - hosts: [secure.test]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths: { /public: { clientCertificate: ignore } }
  - hosts: [open.test]
    upstream: { url: "http://127.0.0.1:${upstreamPort}", identityHeaders: [x-client, { X-Elsewhere: subject.cn }] }
    clientCertificate: ignore
`;

/** How long one exchange may take before the row is named that waits in vain. */
const PATIENCE_MS = 10_000;

interface Connection {
  readonly socket: TLSSocket;
  readonly answers: AnswerReader;
}

/** One client of one gateway. */
interface Lane extends Asker {
  readonly port: number;
  readonly upstream: TestUpstream;
  /** Open ones, by server name. */
  readonly connections: Map<string | null, Connection>;
  /** What the upstream gets of a plain request, in bytes, by server name. */
  readonly plainBytes: Map<string | null, number>;
  plainRequests: number;
}

export function runAttacks(t: Test, rows: readonly Row[]): void {
  for (const mode of MODES) {
    t.test(mode, async (t) => {
      const upstream = await startUpstream(t, { onUpgrade: answerUpgrade });
      const { port, pki } = await startTestGateway(t, {
        upstreamPort: upstream.port,
        upstreamOptions: 'identityHeaders: [x-client, { X-User: subject.cn }]',
        serverNames: ['localhost', 'secure.test', 'open.test'],
        yaml: writeSites(mode, upstream.port),
      });
      for (const certificate of [undefined, pki.issuing.client({ cn: 'alice' })]) {
        await t.test(certificate === undefined ? 'without a certificate' : 'with a good one', async (t) => {
          const lane = { mode, certificate, port, upstream, connections: new Map(), plainBytes: new Map() };
          await runLane(t, { ...lane, plainRequests: 0 }, rows);
        });
      }
    });
  }
}

async function runLane(t: Test, lane: Lane, rows: readonly Row[]): Promise<void> {
  for (const row of rows.filter(({ modes }) => modes.includes(lane.mode))) {
    for (const form of formsOf(row)) {
      const name = `${row.name}, ${form}`;
      const { found, expected } = await within(name, exchange(t, lane, row, form));
      t.strictSame(found, expected, name);
    }
  }
  for (const sni of [...lane.connections.keys()]) {
    lane.connections.delete(sni);
    const { found, expected } = await within('a fresh connection', sendPlain(t, lane, sni));
    t.equal(found, expected, 'a fresh connection behind all of them');
  }
}

async function exchange(t: Test, lane: Lane, row: Row, form: Form): Promise<{ found: Finding; expected: Finding }> {
  const { upstream, connections, plainBytes } = lane;
  const { socket, answers } = await connectionOf(t, lane, row.sni);
  const [bytes, known] = [upstream.bytes(), upstream.received.length];
  socket.write(writeRow(row, form), 'latin1');
  const answer = row.breaks ? undefined : await answers.next(methodOf(row));
  const status = findStatus(row, answer);
  if (answer?.status === 101) socket.destroy();
  const rest = status.ends ? await answers.rest() : '';
  const behind = row.breaks && isOnlyItsRefusal(row, lane, rest) ? '' : rest;
  if (status.ends) connections.delete(row.sni);

  const next = await sendPlain(t, lane, row.sni);
  const expected = expectFinding(row, form, lane, next.expected);
  const received = upstream.received
    .slice(known)
    .map((each) => ({ each, isNext: `answered ${each.url}` === next.expected }));
  const found = {
    ...status,
    received: received.filter(({ isNext }) => !isNext).map(({ each }) => describeReceived(row, each)),
    upstreamBytes: expected.upstreamBytes < 0 ? -1 : upstream.bytes() - bytes - (plainBytes.get(row.sni) ?? Number.NaN),
    behind,
    next: next.found,
  };
  return { found, expected };
}

/** One whose bytes at the upstream are known: the first request on the first of them is plain. */
async function connectionOf(t: Test, lane: Lane, sni: string | null): Promise<Connection> {
  const { port, certificate, connections, plainBytes, upstream } = lane;
  const existing = connections.get(sni);
  if (existing !== undefined) return existing;
  const socket = await open(t, { port, certificate, servername: sni });
  const connection = { socket, answers: readAnswers(t, socket) };
  connections.set(sni, connection);
  if (!plainBytes.has(sni)) {
    const before = upstream.bytes();
    plainBytes.set(sni, 0);
    await sendPlain(t, lane, sni);
    plainBytes.set(sni, upstream.bytes() - before);
  }
  return connection;
}

async function sendPlain(t: Test, lane: Lane, sni: string | null): Promise<{ found: string; expected: string }> {
  const { socket, answers } = await connectionOf(t, lane, sni);
  // Of one length, so that it is as many bytes each time.
  const path = `/public/${String(lane.plainRequests++).padStart(6, '0')}`;
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${sni ?? 'localhost'}\r\n\r\n`);
  return { found: (await answers.next()).body, expected: `answered ${path}` };
}

async function within<T>(name: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no end to: ${name}`)), PATIENCE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
