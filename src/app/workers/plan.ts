// What is each process of a gateway to do with a configuration?

import { availableParallelism } from 'node:os';
import type { Configuration } from '../../config/load.ts';
import type { ResolvedSettings } from '../../config/resolve.ts';
import type { Order } from './protocol.ts';

/** What workers that begin have, and those that serve cannot take over: others take their place. */
export const RENEWED = ['listeners', 'limits', 'timeouts', 'workers'] as const;
export type Renewed = Pick<ResolvedSettings, (typeof RENEWED)[number]>;

/** What the workers are to do now. */
export interface Plan {
  configuration: Configuration;
  /** When it was read, ms since the epoch. */
  readAt: number;
  /** Of it, or of one before that could be begun with: who takes the place of a lost worker begins as that one did. */
  begun: Renewed;
}

export function countWorkers({ workers }: Pick<ResolvedSettings, 'workers'>): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** For the workers. */
export function orderOf({ configuration: { file, recording }, readAt, begun }: Plan): Order {
  if (recording === undefined) throw new Error('there is nothing to give to workers');
  const { listeners, limits, timeouts } = begun;
  return { file, recording, now: readAt, begun: { listeners, limits, timeouts }, workers: countWorkers(begun) };
}

/** For the primary. */
export function withoutClients(configuration: Configuration): Configuration {
  return { ...configuration, settings: { ...configuration.settings, listeners: [] } };
}
