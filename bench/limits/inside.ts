// What is it like inside the gateway? Loaded into its process before the program, and asked by the bench over IPC.

import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Inside {
  /** What the event loop came too late by, in ms, since it was asked last. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Processor time of the whole process in that time. */
  readonly cpuMs: number;
  /** Bytes on and beside the heap that are still in use after a collection. */
  readonly usedBytes: number;
}

/** Between two samples; they hold it too, and it is no delay. */
const RESOLUTION_MS = 5;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let cpu = process.cpuUsage();

process.on('message', () => {
  const toMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const delays = { delayP99Ms: toMs(delay.percentile(99)), delayMaxMs: toMs(delay.max) };
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const answer: Inside = { ...delays, cpuMs: (user + system) / 1000, usedBytes: heapUsed + external };
  process.send?.(answer);
  // The collection is ours and not the gateway's.
  setTimeout(() => {
    delay.reset();
    cpu = process.cpuUsage();
  }, 2 * RESOLUTION_MS);
});
process.channel?.unref();
