// Looks how late the event loop comes, and makes room where there is none: idle connections go first.

import type { Gate } from '../gate/gate.ts';
import type { Guests } from '../limits/guests.ts';
import { LOOK_MS, type Load } from '../limits/load.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../model/log.ts';

export interface WatchedLoad {
  readonly load: Load;
  readonly guests: Pick<Guests, 'isFull'>;
  readonly gate: Pick<Gate, 'closeOldest' | 'count'>;
  readonly metrics: Pick<Metrics, 'idleClosed' | 'observe'>;
  readonly log: Log;
}

/** With each look: 200 each second. Ten thousand clients that come back at once would be the next flood. */
const MOST_CLOSED = 10;

export function watchLoad({ load, guests, gate, metrics, log }: WatchedLoad): { close(): void } {
  let due = performance.now() + LOOK_MS;
  let wasOver = false;
  metrics.observe({ isOverloaded: () => load.isOver, openRequests: gate.count });
  const timer = setInterval(() => {
    const now = performance.now();
    load.note(now - due);
    due = now + LOOK_MS;
    if (load.isOver !== wasOver) tell();
    if (load.isOver || guests.isFull) metrics.idleClosed(gate.closeOldest(MOST_CLOSED));
  }, LOOK_MS);
  timer.unref();

  function tell(): void {
    wasOver = load.isOver;
    if (wasOver) log.warn({}, 'the event loop comes too late: strangers are turned away');
    else log.info({}, 'the event loop is in time again');
  }

  return { close: () => clearInterval(timer) };
}
