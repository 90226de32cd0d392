// An address of revocation lists, and what follows it as the gateway does.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Test } from 'tap';
import type { CertificateFacts } from '../../../src/model/certificate.ts';
import { type Log, silentLog } from '../../../src/model/log.ts';
import type { CrlAddress } from '../../../src/revocation/crl-address.ts';
import { createCrlUrls } from '../../../src/revocation/crl-urls.ts';
import { createOutbound } from '../../../src/revocation/outbound.ts';
import { readCrls } from '../../../src/x509/files.ts';
import { listen } from './outbound-servers.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListServer {
  readonly url: string;
  /** What comes back from now on: a body, or anything else. */
  answer: Uint8Array | string | Answer;
  /** Requests so far, oldest first. */
  readonly requests: readonly IncomingMessage[];
}

export async function startListServer(t: Test, answer: ListServer['answer']): Promise<ListServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    if (typeof served.answer === 'function') served.answer(request, response);
    else response.end(served.answer);
  });
  const url = `http://127.0.0.1:${await listen(t, server)}/ca.crl`;
  t.teardown(() => server.closeAllConnections());
  const served: ListServer = { url, answer, requests };
  return served;
}

export interface FollowOptions {
  readonly log?: Log;
  /** How far the clock is ahead; a test may move it. */
  readonly ahead?: { ms: number };
  readonly maxAskedBytes?: number;
}

/** Closed when the test ends. Without jitter. */
export function startFollowing(t: Test, { log = silentLog, ahead = { ms: 0 }, maxAskedBytes }: FollowOptions = {}) {
  const outcomes: string[] = [];
  let news = 0;
  const urls = createCrlUrls({
    readLists: async (bytes, { most }) => readCrls(bytes, most),
    clock: () => Date.now() + ahead.ms,
    random: () => 0.5,
    ...(maxAskedBytes !== undefined && { maxAskedBytes }),
    log,
    reports: { crlFetch: (source, outcome) => outcomes.push(`${source} ${outcome}`) },
    onNews: () => {
      news++;
    },
  });
  t.teardown(() => urls.close());
  return { urls, outcomes, news: () => news };
}

/** Refreshed often where `refreshMs` is left out. */
export function addressOf(url: string, rest: Partial<CrlAddress> = {}): CrlAddress {
  return { url, outbound: createOutbound(), maxBytes: 1024 * 1024, timeLimitMs: 10_000, refreshMs: 20, ...rest };
}

export const HOUR_MS = 3_600_000;

export function factsOf(...authorities: { readonly facts: CertificateFacts }[]): CertificateFacts[] {
  return authorities.map(({ facts }) => facts);
}
