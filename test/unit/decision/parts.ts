// The parts of a decision for tests: trust stores, deciders and evidence without any socket.

import { createMemoryStore } from '../../../src/cache/memory.ts';
import { createVerdictCache, type VerdictCache } from '../../../src/cache/verdict-cache.ts';
import type { TrustContext } from '../../../src/decision/compute-verdict.ts';
import { createDecider, type Decider } from '../../../src/decision/decide.ts';
import { createStandings } from '../../../src/decision/standing.ts';
import type { Evidence } from '../../../src/model/evidence.ts';
import type { Rule } from '../../../src/policy/compile.ts';
import { createRevocationCheck } from '../../../src/revocation/check.ts';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import { revocationOptions } from '../../../src/revocation/options.ts';
import { authoritiesOf, createTrustStore } from '../../../src/trust/trust-store.ts';
import { createVerifiedIntermediates } from '../../../src/trust/verified-intermediates.ts';
import { type ValidationOptions, validationOptions } from '../../../src/validation/options.ts';
import type { TestCertificate, TestCrl } from '../../kit/pki.ts';

export const NOW = Math.floor(Date.now() / 1000) * 1000;

export interface TrustOptions {
  readonly mode?: 'off' | 'soft' | 'hard';
  readonly crls?: readonly TestCrl[];
  readonly partialChain?: boolean;
}

export function trustOf(certificates: readonly TestCertificate[], options: TrustOptions = {}): TrustContext {
  const { mode = 'off', crls = [], partialChain = false } = options;
  const facts = certificates.map((certificate) => certificate.facts);
  const { store } = createTrustStore({ name: 'corporate', certificates: facts, partialChain, at: NOW });
  if (store === undefined) throw new Error('no anchor');
  const known = createCrlStore({ crls: crls.map((crl) => crl.facts), authorities: authoritiesOf(store) });
  const revocation = createRevocationCheck({
    options: revocationOptions.parse({ mode }),
    lists: { current: () => known, fetchFor: () => undefined, noteUse() {} },
    askResponder: () => undefined,
  });
  return { store, revocation, pool: createVerifiedIntermediates() };
}

export function createVerdicts(clock = () => NOW): VerdictCache {
  const store = createMemoryStore({ entries: 100 });
  return createVerdictCache({ store, ttlMs: 300_000, refusalTtlMs: 30_000, clock });
}

/** One trust store, `corporate`. */
export function deciderOf(
  trust: TrustContext,
  {
    verdicts = createVerdicts(),
    validation = {} as Partial<ValidationOptions>,
    standings = createStandings({ directory: undefined, mapAccount: undefined }),
  } = {},
): Decider {
  const options = { ...validationOptions.parse({}), ...validation };
  return createDecider({ trust: new Map([['corporate', trust]]), verdicts, validation: options, standings });
}

export function evidenceOf(leaf: TestCertificate | undefined, more: Partial<Evidence> = {}): Evidence {
  return {
    leaf: leaf?.der,
    presented: leaf?.issuers.slice(0, -1).map(({ der }) => der) ?? [],
    handshakeError: undefined,
    trustGeneration: '1',
    serverName: 'localhost',
    tlsVersion: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    resumed: false,
    remoteAddress: '127.0.0.1',
    remotePort: 50_000,
    ...more,
  };
}

export function ruleOf(settings: Partial<Rule> = {}): Rule {
  return {
    id: 'localhost/',
    site: 'localhost',
    mode: 'require',
    account: 'optional',
    trust: 'corporate',
    upstream: 'app',
    allow: undefined,
    deny: [],
    onRefusal: 'respond',
    reportOnly: undefined,
    ...settings,
  };
}
