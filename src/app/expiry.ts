// The expiry watch of a running gateway: what it looks at, and who hears of it.

import type { Configuration } from '../config/load.ts';
import type { TrafficStore } from '../directory/traffic-store.ts';
import { type Ending, type EndingKind, THRESHOLDS } from '../expiry/ending.ts';
import { createExpiryWatch, describeWarning, type ExpiryWarning, type ExpiryWatch } from '../expiry/watch.ts';
import { createWebhook, type Post, type WebhookInput } from '../expiry/webhook.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { createOutbound } from '../revocation/outbound.ts';
import { endingsOf, endingsOfClients } from './endings.ts';
import type { RevocationServices } from './revocation.ts';

export interface RunningExpiryInput {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'observe' | 'webhook'>;
  /** The one in force. */
  readonly configuration: () => Configuration;
  readonly revocation: Pick<RevocationServices, 'lists' | 'ocspSigners'>;
  readonly store: TrafficStore;
}

/** So that a message stays below 100 KiB. */
const MOST_IN_MESSAGE = 100;

/** What is counted and not named: a series for each client would be one too many. */
const COUNTED: readonly EndingKind[] = ['permission', 'client-certificate'];

export interface RunningExpiry extends Pick<ExpiryWatch, 'look' | 'close'> {
  /** Everything that ends, of clients what ends from now until then (ms since the epoch), in parts. */
  endings(until: number): AsyncIterable<readonly Ending[]>;
}

export function runExpiry(input: RunningExpiryInput): RunningExpiry {
  const { clock, log, metrics, configuration, revocation, store } = input;
  const webhook = createWebhook({
    clock,
    log,
    random: Math.random,
    report: metrics.webhook,
    target: findTarget(configuration),
  });
  async function* endings(until: number): AsyncGenerator<readonly Ending[]> {
    yield endingsOf(configuration(), revocation);
    yield* endingsOfClients(store, clock(), until);
  }

  const watch = createExpiryWatch({
    clock,
    log,
    announce: (warnings) => webhook.send(toMessage(warnings, clock())),
    collect: endings,
    claim: (claims) => store.claimWarnings(claims),
  });
  metrics.observe({
    expiry: () => ({
      // Lists have gauges of their own.
      ends: endingsOf(configuration(), revocation)
        .filter(({ kind }) => kind !== 'crl')
        .map(({ kind, trust = '', name, endsAt }) => ({ kind, trust, name, endsAt })),
      counts: COUNTED.flatMap((kind) =>
        THRESHOLDS.map((days) => ({ kind, days, count: watch.counts.get(kind)?.[days] ?? 0 })),
      ),
    }),
  });
  return {
    endings,
    look: watch.look,
    async close() {
      webhook.close();
      await watch.close();
    },
  };
}

function toMessage(warnings: readonly ExpiryWarning[], now: number): object {
  return {
    type: 'portcullis.expiry',
    timestamp: new Date(now).toISOString(),
    data: { count: warnings.length, warnings: warnings.slice(0, MOST_IN_MESSAGE).map(describeWarning) },
  };
}

/** Made anew where the configuration names other authorities. */
function findTarget(configuration: () => Configuration): WebhookInput['target'] {
  let known: { readonly of: Configuration['webhook']; readonly post: Post } | undefined;
  return () => {
    const { webhook } = configuration();
    if (webhook === undefined) return undefined;
    if (known?.of !== webhook) {
      known = { of: webhook, post: createOutbound(webhook.ca === 'system' ? {} : { authorities: webhook.ca }) };
    }
    return { url: webhook.url, secret: webhook.secret, post: known.post };
  };
}
