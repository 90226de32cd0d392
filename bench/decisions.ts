// What does it cost to note a decision for the admin API, and what stays behind? One line of JSON.

import { createRecentDecisions } from '../src/decision/recent-decisions.ts';
import { noteDecision } from '../src/gate/note-decision.ts';
import type { Visit } from '../src/gate/visit.ts';

const ROUNDS = 15;
const EACH = 200_000;

const evidence = {
  leaf: new Uint8Array(900),
  presented: [new Uint8Array(700)],
  remoteAddress: '192.0.2.1',
  tlsVersion: 'TLSv1.3',
};
const visit = {
  requestId: '0198c0de-0000-7000-8000-000000000000',
  visitor: { head: { method: 'GET', url: '/a/b?c', headers: { host: 'localhost' } }, status: 200 },
  evidence,
  read: { target: { authority: 'localhost', path: '/a/b' } },
  judged: {
    rule: { id: 'localhost/a', mode: 'require' },
    decision: { allow: true, identity: { account: { name: 'alice' } } },
    verdictFrom: 'memory',
  },
  exchange: { status: 200 },
} as unknown as Visit;

const recent = createRecentDecisions(1_000);
const nanoseconds: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const from = process.hrtime.bigint();
  for (let n = 0; n < EACH; n++) noteDecision(recent.next(), visit, 1.5, n);
  nanoseconds.push(Number(process.hrtime.bigint() - from) / EACH);
}
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
for (let n = 0; n < ROUNDS * EACH; n++) noteDecision(recent.next(), visit, 1.5, n);
globalThis.gc?.();
const keptBytes = process.memoryUsage().heapUsed - before;
nanoseconds.sort((a, b) => a - b);
console.log(JSON.stringify({ nanosecondsEach: Math.round(nanoseconds[ROUNDS >> 1] ?? 0), keptBytes }));
