// Revocation lists under hard, soft and off, for the leaf or the whole path; missing lists and outdated ones.

import t from 'tap';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

const HOUR_MS = 3_600_000;

const pki = makePki();
const { root, issuing } = pki;
const alice = issuing.client({ cn: 'alice' });
const mallory = issuing.client({ cn: 'mallory' });

/** Runs out while the gateway runs: with one that has run out already it would not start. */
const outdated = { nextUpdate: Date.now() + HOUR_MS };
const LISTS = {
  whole: root.crl().pem + issuing.crl({ revoked: [mallory] }).pem,
  'without the leaf’s': root.crl().pem,
  'without the issuer’s': issuing.crl({ revoked: [mallory] }).pem,
  'issuer revoked': root.crl({ revoked: [issuing] }).pem + issuing.crl({ revoked: [mallory] }).pem,
  outdated: root.crl().pem + issuing.crl({ ...outdated, revoked: [mallory] }).pem,
  'of another key': root.crl().pem + issuing.crl({ signWith: pki.foreign.key, revoked: [alice] }).pem,
} as const;

type Outcome = ReasonCode | 'allowed';

interface Row {
  readonly lists: keyof typeof LISTS;
  /** Beside `crl`. */
  readonly options: string;
  readonly alice: Outcome;
  readonly mallory: Outcome;
  /** What the log says of the answer for alice. */
  readonly status?: string;
}

const ROWS: readonly Row[] = [
  { lists: 'whole', options: 'mode: hard', alice: 'allowed', mallory: 'certificate-revoked', status: 'good' },
  { lists: 'whole', options: 'mode: soft', alice: 'allowed', mallory: 'certificate-revoked', status: 'good' },
  { lists: 'whole', options: 'mode: "off"', alice: 'allowed', mallory: 'allowed', status: 'not-asked' },
  { lists: 'without the leaf’s', options: 'mode: hard', alice: 'revocation-unknown', mallory: 'revocation-unknown' },
  { lists: 'without the leaf’s', options: 'mode: soft', alice: 'allowed', mallory: 'allowed', status: 'unknown' },
  { lists: 'without the issuer’s', options: 'mode: hard', alice: 'revocation-unknown', mallory: 'certificate-revoked' },
  {
    lists: 'without the issuer’s',
    options: 'mode: hard, depth: leaf',
    alice: 'allowed',
    mallory: 'certificate-revoked',
  },
  { lists: 'issuer revoked', options: 'mode: hard', alice: 'certificate-revoked', mallory: 'certificate-revoked' },
  { lists: 'issuer revoked', options: 'mode: soft', alice: 'certificate-revoked', mallory: 'certificate-revoked' },
  { lists: 'issuer revoked', options: 'mode: hard, depth: leaf', alice: 'allowed', mallory: 'certificate-revoked' },
  { lists: 'outdated', options: 'mode: hard', alice: 'revocation-unknown', mallory: 'certificate-revoked' },
  { lists: 'outdated', options: 'mode: soft', alice: 'allowed', mallory: 'certificate-revoked', status: 'unknown' },
  {
    lists: 'outdated',
    options: 'mode: hard, maxStale: 2h',
    alice: 'allowed',
    mallory: 'certificate-revoked',
    status: 'good',
  },
  {
    lists: 'outdated',
    options: 'mode: hard, maxStale: 30m',
    alice: 'revocation-unknown',
    mallory: 'certificate-revoked',
  },
  { lists: 'of another key', options: 'mode: hard', alice: 'revocation-unknown', mallory: 'revocation-unknown' },
  { lists: 'of another key', options: 'mode: soft', alice: 'allowed', mallory: 'allowed', status: 'unknown' },
];

for (const { lists, options, status, ...outcomes } of ROWS) {
  t.test(`${options}; lists: ${lists}`, async (t) => {
    let now = Date.now();
    const upstream = await startUpstream(t);
    const gateway = await startTestGateway(t, {
      pki,
      clock: () => now,
      upstreamPort: upstream.port,
      revocation: `{ ${options}, crl: [lists.pem] }`,
      files: { 'lists.pem': LISTS[lists] },
      yaml: 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]',
    });
    if (lists === 'outdated') now += 2 * HOUR_MS;
    for (const [certificate, outcome] of [
      [mallory, outcomes.mallory],
      [alice, outcomes.alice],
    ] as const) {
      const before = upstream.bytes();
      const answer = await send(t, { port: gateway.port, certificate });
      if (outcome === 'allowed') {
        t.equal(answer.status, 200);
        continue;
      }
      checkRefusal(t, answer, outcome);
      t.match(gateway.requests().at(-1), { code: outcome, check: 'revocation' });
      t.equal(upstream.bytes(), before);
    }
    if (status !== undefined) t.match(gateway.requests().at(-1), { revocation: { status } });
  });
}
