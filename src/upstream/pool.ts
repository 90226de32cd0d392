// Which connection does a request get?

import { type Dial, UpstreamConnection } from './connection.ts';

/** The service may close a moment before the time it gave; what is sent then would be lost. */
const MARGIN_MS = 1000;

export interface PoolInput {
  readonly dial: Dial;
  /** How long an unused connection is kept; undefined: for good, whatever the service says. */
  readonly keepAliveMs: number | undefined;
}

export interface Pool {
  /** The connection that was used last, or a new one. It comes back by itself. */
  take(): UpstreamConnection;
  /** Destroys the connections that no request uses. */
  dropUnused(): void;
  /** Breaks off all connections, those in use as well. */
  close(): void;
}

interface Unused {
  readonly connection: UpstreamConnection;
  /** Monotonic, ms. */
  readonly until: number;
}

export function createPool({ dial, keepAliveMs }: PoolInput): Pool {
  const all = new Set<UpstreamConnection>();
  let unused: Unused[] = [];
  let sweeper: NodeJS.Timeout | undefined;

  function free(connection: UpstreamConnection, toldMs = Number.POSITIVE_INFINITY): void {
    const keptMs = keepAliveMs === undefined ? Number.POSITIVE_INFINITY : Math.min(keepAliveMs, toldMs - MARGIN_MS);
    if (keptMs <= 0) {
      connection.destroy();
      return;
    }
    unused.push({ connection, until: performance.now() + keptMs });
    if (keepAliveMs !== undefined) sweeper ??= setTimeout(sweep, keptMs).unref();
  }

  /** Destroys what was unused for too long; comes back when the next one will be. */
  function sweep(): void {
    sweeper = undefined;
    const now = performance.now();
    const late = unused.filter(({ until }) => until <= now);
    unused = unused.filter(({ until }) => until > now);
    for (const { connection } of late) connection.destroy();
    const next = Math.min(...unused.map(({ until }) => until));
    if (unused.length > 0) sweeper = setTimeout(sweep, Math.ceil(next - now)).unref();
  }

  function closed(connection: UpstreamConnection): void {
    all.delete(connection);
    const index = unused.findIndex((each) => each.connection === connection);
    if (index >= 0) unused.splice(index, 1);
  }

  function dropUnused(): void {
    const dropped = unused;
    unused = [];
    for (const { connection } of dropped) connection.destroy();
  }

  return {
    dropUnused,
    take() {
      for (let last = unused.pop(); last !== undefined; last = unused.pop()) {
        if (last.connection.usable && last.until > performance.now()) return last.connection;
        last.connection.destroy();
      }
      const connection = new UpstreamConnection(dial, { free, closed });
      all.add(connection);
      return connection;
    },
    close() {
      clearTimeout(sweeper);
      unused = [];
      for (const connection of [...all]) connection.breakOff();
    },
  };
}
