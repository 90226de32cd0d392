// How do tests ask responders? With a clock and chance of their own, and everything else as it runs live.

import { silentLog } from '../../../src/model/log.ts';
import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { createOcspAsker } from '../../../src/revocation/ocsp/asker.ts';
import type { OcspOptions, SharedAnswers } from '../../../src/revocation/ocsp/responders.ts';
import { createOutbound } from '../../../src/revocation/outbound.ts';
import type { TestCertificate } from '../../kit/pki.ts';

export const HOUR_MS = 3_600_000;

export interface AskerOptions extends Partial<OcspOptions> {
  readonly shared?: SharedAnswers;
  /** In place of chance. */
  readonly chance?: number;
}

export interface TestAsker {
  /** Asks about a certificate as of now. */
  ask(certificate: TestCertificate, url: string): RevocationAnswer | Promise<RevocationAnswer>;
  /** Lets time pass. */
  pass(ms: number): void;
  recheck(): void;
  /** Outcomes by responder, in order. */
  readonly reports: string[];
  changes(): number;
}

export function makeAsker({ shared, chance = 0, ...options }: AskerOptions = {}): TestAsker {
  let passed = 0;
  let changes = 0;
  const reports: string[] = [];
  const clock = () => Date.now() + passed;
  const asker = createOcspAsker({
    outbound: createOutbound(),
    clock,
    random: () => chance,
    log: silentLog,
    options: {
      timeLimitMs: 10_000,
      method: 'post',
      sendNonce: false,
      skewMs: 0,
      maxAgeMs: HOUR_MS,
      maxStaleMs: 0,
      keyLimits: { minRsaBits: 2048, maxRsaBits: 8192 },
      ...options,
    },
    ...(shared && { shared }),
    reports: { ocspAsked: (_, outcome) => void reports.push(outcome) },
    onChange: () => void changes++,
  });
  return {
    ask: (certificate, url) =>
      asker.answerFor(certificate.facts, (certificate.issuers[0] as TestCertificate).facts, url, clock()),
    pass(ms) {
      passed += ms;
    },
    recheck: asker.recheck,
    reports,
    changes: () => changes,
  };
}
