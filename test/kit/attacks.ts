// Sends the rows of the attack tables over real TLS, under each mode, without a certificate and with a good one, and
// holds what came of it against what had to come. The one place that says what a mode makes of a row is `outcomeOf`.

import type { TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { type ReasonCode, reasonOf } from '../../src/model/reasons.ts';
import { MODES, type Mode } from '../../src/policy/options.ts';
import { expand, type Form, formsOf, type Row, writeRow } from './attack-rows.ts';
import { open } from './client.ts';
import { startTestGateway } from './gateway.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from './identity.ts';
import type { TestCertificate } from './pki.ts';
import { headerOf, type Received, startUpstream, type TestUpstream } from './upstream.ts';
import { answerUpgrade } from './websocket.ts';
import { type AnswerReader, readAnswers } from './wire.ts';

/** `/public` reads no certificate under any mode: what is asked there is answered, whatever the mode makes of a row. */
const writeSites = (mode: Mode, upstreamPort: number) => `
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

/** One client of one gateway: its connections by SNI, and what it is known as. */
interface Lane {
  readonly mode: Mode;
  readonly port: number;
  readonly upstream: TestUpstream;
  readonly certificate: TestCertificate | undefined;
  readonly connections: Map<string | null, Connection>;
  /** Bytes that the upstream gets of a probe, by SNI. */
  readonly probeBytes: Map<string | null, number>;
  probes: number;
}

interface Connection {
  readonly socket: TLSSocket;
  readonly answers: AnswerReader;
}

type Outcome = { readonly refused: ReasonCode } | { readonly known: boolean };

/** Asked when the certificate was: the reasons before these do not depend on it (design section 5). */
const BEHIND_CERTIFICATE: readonly ReasonCode[] = ['origin-refused'];

function outcomeOf({ rule, refused }: Row, lane: Lane): Outcome {
  if (refused !== undefined && !BEHIND_CERTIFICATE.includes(refused)) return { refused };
  const mode = modeOf(rule, lane.mode);
  if (mode === 'require' && lane.certificate === undefined) return { refused: 'certificate-required' };
  return refused === undefined ? { known: lane.certificate !== undefined && mode !== 'ignore' } : { refused };
}

function modeOf(rule: Row['rule'], mode: Mode): Mode {
  if (rule === '/') return mode;
  return rule === '/admin' || rule === 'secure.test' ? 'require' : 'ignore';
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
          const lane = { mode, port, upstream, certificate, connections: new Map(), probeBytes: new Map(), probes: 0 };
          for (const row of rows.filter(({ modes }) => modes.includes(mode))) {
            for (const form of formsOf(row)) await checkRow(t, lane, row, form);
          }
        });
      }
    });
  }
}

async function checkRow(t: Test, lane: Lane, row: Row, form: Form): Promise<void> {
  const { upstream } = lane;
  const connection = await connectionOf(t, lane, row.sni);
  const [bytes, known] = [upstream.bytes(), upstream.received.length];
  connection.socket.write(writeRow(row, form), 'latin1');
  const outcome = outcomeOf(row, lane);
  const check = row.breaks ? checkBroken : 'refused' in outcome ? checkRefused : checkPassed;
  const found = await within(`${row.name}, ${form}`, check(t, lane, row, form, connection, outcome));
  if (found.ends) lane.connections.delete(row.sni);
  const next = await within(`behind ${row.name}, ${form}`, probe(t, lane, row.sni));
  const received = upstream.received.slice(known).map(({ url }) => url);
  const expected = 
}
