// What is each process of a gateway to do with a configuration?

import { availableParallelism } from 'node:os';
import type { Configuration } from '../../config/load.ts';
import type { ResolvedSettings } from '../../config/resolve.ts';
import type { Order } from './protocol.ts';

/** What the workers are to do now. */
export interface Plan {
  configuration: Configuration;
  /** When it was read, ms since the epoch. */
  readAt: number;
}

export function countWorkers({ workers }: Pick<ResolvedSettings, 'workers'>): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** For the workers. */
export function orderOf({ configuration: { file, recording, settings }, readAt }: Plan): Order {
  if (recording === undefined) throw new Error('there is nothing to give to workers');
  return { file, recording, now: readAt, workers: countWorkers(settings) };
}

/** For the primary. */
export function withoutClients(configuration: Configuration): Configuration {
  return { ...configuration, settings: { ...configuration.settings, listeners: [] } };
}
