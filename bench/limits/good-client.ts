// Is a good client served meanwhile? One request after the other, each on a connection of its own with a certificate.

import { request } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { TestCertificate } from '../../test/kit/pki.ts';

export interface Served {
  readonly requests: number;
  readonly failures: number;
  readonly worstMs: number;
}

export interface GoodClient {
  stop(): Promise<Served>;
}

const PAUSE_MS = 50;
/** Far above what is allowed: a request that takes longer has failed. */
const PATIENCE_MS = 5000;

export function startGoodClient(port: number, certificate: TestCertificate): GoodClient {
  const leaving = new AbortController();
  const run = async (): Promise<Served> => {
    let [requests, failures, worstMs] = [0, 0, 0];
    while (!leaving.signal.aborted) {
      const start = performance.now();
      const isServed = await askOnce(port, certificate);
      requests++;
      if (!isServed) failures++;
      worstMs = Math.max(worstMs, performance.now() - start);
      await wait(PAUSE_MS);
    }
    return { requests, failures, worstMs };
  };
  const served = run();
  return {
    stop() {
      leaving.abort();
      return served;
    },
  };
}

/** Whether it was answered by the service. */
export function askOnce(port: number, { chainPem, keyPem }: TestCertificate): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      rejectUnauthorized: false,
      cert: chainPem,
      key: keyPem,
      agent: false,
      path: '/admin',
      headers: { host: 'localhost' },
      timeout: PATIENCE_MS,
    });
    asked.on('timeout', () => asked.destroy(new Error('timed out')));
    asked.on('error', () => resolve(false));
    asked.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
      response.on('error', () => resolve(false));
    });
    asked.end();
  });
}
