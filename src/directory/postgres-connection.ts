// How is PostgreSQL spoken to? The one place that knows its client: addresses, TLS, time limits and news.

import { connect, isIP, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import postgres from 'postgres';
import type { PostgresAddress } from './urls.ts';

export interface PostgresSettings {
  readonly address: PostgresAddress;
  /** Counts before the one in the address. */
  readonly password: string | undefined;
  readonly tls: PostgresTls | undefined;
  /** Most connections beside the one that listens. */
  readonly connections: number;
}

export interface PostgresTls {
  /** PEM of the authorities that vouch for the server, or the public ones. */
  readonly ca: readonly string[] | 'system';
  /** Name expected in its certificate; left out: the host. */
  readonly serverName?: string | undefined;
}

export interface PostgresConnection {
  /** The work's result. When it takes too long, everything that goes on there is given up, and begun anew. */
  run<T>(limitMs: number, work: (sql: postgres.Sql) => Promise<T>): Promise<T>;
  /** Calls for each notification, and whenever some may have been missed. */
  listen(channel: string, onNews: () => void): void;
  close(): Promise<void>;
}

/** The server is not the one that is meant: another connection may lead to that. */
export class WrongServer extends Error {}

interface Pool {
  readonly sql: postgres.Sql;
  /** Ends it without waiting for anybody. */
  retire(): Promise<void>;
}

/** For a connection, its TLS handshake and the authentication. */
const CONNECT_LIMIT_S = 2;
/** Between two attempts of a connection that failed: from the first to the second number of seconds, doubling. */
const BACKOFF_S = [0.05, 1] as const;
/** Between two attempts of whatever kind: a proxy without a database behind it takes connections only to drop them. */
const PACE_MS = 25;
/** How long the end waits for what is under way. */
const CLOSE_LIMIT_S = 1;
/** The server ends what takes too long there, and what has lost its client. */
const SERVER_LIMITS = { statement_timeout: 60_000, idle_in_transaction_session_timeout: 60_000 };

/** Connects when it is first used, and again whenever it has to. */
export function connectPostgres(settings: PostgresSettings): PostgresConnection {
  let pool = openPool(settings);
  let listen = (_sql: postgres.Sql): void => {};
  let isClosed = false;

  function renew(late: Pool): void {
    if (late !== pool || isClosed) return;
    pool = openPool(settings);
    listen(pool.sql);
    void late.retire();
  }

  return {
    async run(limitMs, work) {
      const used = pool;
      const { promise: late, reject } = Promise.withResolvers<never>();
      // The client keeps a query for as long as its connection fails without an error.
      const timer = setTimeout(() => {
        reject(new Error(`no answer within ${limitMs} ms`));
        renew(used);
      }, limitMs);
      try {
        return await Promise.race([work(used.sql), late]);
      } catch (error) {
        if (error instanceof WrongServer) renew(used);
        throw new Error(reasonOf(error));
      } finally {
        clearTimeout(timer);
      }
    },
    listen(channel, onNews) {
      // It listens again by itself after every loss.
      listen = (sql) => void sql.listen(channel, onNews, onNews).catch(() => {});
      listen(pool.sql);
    },
    async close() {
      isClosed = true;
      await pool.sql.end({ timeout: CLOSE_LIMIT_S });
      await pool.retire();
    },
  };
}

function openPool(settings: PostgresSettings): Pool {
  const { host, port, user, database } = settings.address;
  const password = settings.password ?? settings.address.password ?? '';
  const sockets = new Set<Socket>();
  let isRetired = false;
  let nextAt = 0;

  async function openSocket(): Promise<Socket> {
    const now = performance.now();
    const waitMs = nextAt - now;
    nextAt = Math.max(now, nextAt) + PACE_MS;
    if (waitMs > 0) await pause(waitMs);
    if (isRetired) throw new Error('the connection was given up');
    // What is written before it is connected waits in it.
    const socket = connect({ host, port, noDelay: true });
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }

  // What is left out here the client takes from the environment (PGHOST ...), in secret.
  const options = {
    host,
    port,
    user,
    database,
    // Known to the client, though not to its types.
    socket: openSocket,
    password: () => password,
    ssl: settings.tls === undefined ? false : tlsOptions(settings.tls, host),
    sslnegotiation: null,
    max: settings.connections,
    idle_timeout: 300,
    max_lifetime: 3_600,
    connect_timeout: CONNECT_LIMIT_S,
    max_pipeline: 100,
    keep_alive: 10,
    backoff: (attempt: number) => Math.min(BACKOFF_S[0] * 2 ** Math.min(attempt, 10), BACKOFF_S[1]),
    // Prepared statements do not survive the connection poolers that fleets put before a database.
    prepare: false,
    debug: false,
    fetch_types: false,
    publications: 'none',
    connection: { application_name: 'portcullis', ...SERVER_LIMITS },
    onnotice: () => {},
  };
  const sql = postgres(options);
  return {
    sql,
    async retire() {
      isRetired = true;
      const ended = sql.end({ timeout: 0 });
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}

/** The name is checked here: for addresses the client names none to Node, which then expects `localhost`. */
function tlsOptions({ ca, serverName }: PostgresTls, host: string): tls.ConnectionOptions {
  const expected = serverName ?? host;
  return {
    ca: ca === 'system' ? systemAuthorities() : [...ca],
    ...(isIP(expected) === 0 && { servername: expected }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(expected, certificate),
  };
}

/** What the machine trusts; where it has no store, as in bare container images, the authorities that Node ships. */
function systemAuthorities(): string[] {
  const installed = tls.getCACertificates('system');
  return installed.length > 0 ? installed : [...tls.rootCertificates];
}

/** Never the error itself: the client hangs the statement and what it carries on it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message || code || error.name;
}
