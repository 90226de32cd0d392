// How is Redis spoken to? The one place that knows ioredis: connections, time limits, and nothing that ever waits or throws.

import tls from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { splitAddress } from '../model/split-address.ts';
import type { RedisOptions as RedisSettings } from './options.ts';

/** What the configuration keeps in files of their own. */
export interface RedisSecrets {
  readonly password: string | undefined;
  readonly sentinelPassword: string | undefined;
  /** PEM of the authorities that vouch for the servers, or the public ones; undefined without TLS. */
  readonly ca: readonly string[] | 'system' | undefined;
}

/** The commands that requests and announcements use; a connection sends AUTH, SELECT, SUBSCRIBE and PING besides. */
export interface Commands {
  getrangeBuffer(key: string, start: number, end: number): Promise<Buffer>;
  set(key: string, value: Buffer, unit: 'PX', milliseconds: number): Promise<unknown>;
  incrby(key: string, by: number): Promise<number>;
  publish(channel: string, message: Buffer): Promise<number>;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  /** `unreachable` costs no time, `silent` the whole limit; `refused` is an answer. */
  | { readonly ok: false; readonly why: 'unreachable' | 'silent' | 'refused'; readonly reason: string };

export interface RedisEvents {
  /** Commands may be sent, or the channel is listened to: what was said before may have been missed. */
  ready(): void;
  /** An attempt to connect failed. */
  failed(): void;
  message(channel: string, bytes: Buffer): void;
}

export interface RedisConnection {
  /** Never rejects. */
  send<T>(command: (commands: Commands) => Promise<T>): Promise<Outcome<T>>;
  /** Finds out whether the channels are still listened to; a connection that is not is made anew. */
  probeChannel(): void;
  close(): void;
}

export interface ConnectionInput {
  readonly settings: RedisSettings;
  readonly secrets: RedisSecrets;
  readonly commandTimeoutMs: number;
  readonly channels: readonly string[];
  readonly events: RedisEvents;
}

/** For a connection and its first commands (AUTH, SELECT); they are behind no request. */
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that owes an answer for so long is dead (a cable, a firewall that forgot it) and made anew. */
const SOCKET_TIMEOUT_MS = 5_000;
/** For a server that does not close its side: it must not hold up the end of the process. */
const DISCONNECT_TIMEOUT_MS = 100;
/** Between two attempts to connect: from the first to the second number, doubling. */
const BACKOFF_MS = [50, 2_000] as const;
/** A cluster whose slots have just moved answers once with the new place; a loop is cut. */
const MAX_REDIRECTIONS = 3;

/** Connects at once and keeps at it until closed. */
export function openConnection({ settings, secrets, commandTimeoutMs, channels, events }: ConnectionInput) {
  const client = createClient(settings, secrets);
  // A cluster client listens on a connection of its own inside.
  const listener = client instanceof Cluster ? client : client.duplicate();
  let lastError = 'not connected yet';

  for (const each of new Set([client, listener])) {
    each.on('error', (error: Error) => {
      lastError = reasonOf(error);
      if (each === client) events.failed();
    });
  }
  client.on('ready', () => {
    lastError = 'the connection was closed';
    events.ready();
  });
  listener.on('ready', () => void listener.subscribe(...channels).then(() => events.ready(), ignore));
  listener.on('messageBuffer', (channel: Buffer, message: Buffer) => events.message(channel.toString(), message));

  const connection: RedisConnection = {
    async send(command) {
      if (client.status !== 'ready') return { ok: false, why: 'unreachable', reason: lastError };
      try {
        const value = await within(commandTimeoutMs, command(client));
        if (value !== LATE) return { ok: true, value };
        return { ok: false, why: 'silent', reason: `no answer within ${commandTimeoutMs} ms` };
      } catch (error) {
        if ((error as Error).name !== 'ReplyError') return { ok: false, why: 'unreachable', reason: lastError };
        return { ok: false, why: 'refused', reason: reasonOf(error as Error) };
      }
    },
    probeChannel() {
      // Without an answer the socket's time limit ends the connection. A cluster client has no way to ask.
      if (listener instanceof Redis && listener.status === 'ready') listener.ping().catch(ignore);
    },
    close() {
      client.disconnect();
      listener.disconnect();
    },
  };
  return connection;
}

function createClient(settings: RedisSettings, secrets: RedisSecrets): Redis | Cluster {
  const { url, sentinels = [], name, cluster } = settings;
  const common = commonOptions(settings, secrets);
  if (cluster !== undefined) {
    return new Cluster(cluster.map(splitAddress), {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: backOff,
      maxRedirections: MAX_REDIRECTIONS,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      // Names stay names, so that certificates can be held against them.
      dnsLookup: (host, answer) => answer(null, host),
    });
  }
  if (url !== undefined) return new Redis({ ...common, ...locate(new URL(url)), retryStrategy: backOff });
  return new Redis({
    ...common,
    sentinels: sentinels.map(splitAddress),
    ...(name !== undefined && { name }),
    ...(secrets.sentinelPassword !== undefined && { sentinelPassword: secrets.sentinelPassword }),
    ...(common.tls && { sentinelTLS: common.tls, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: backOff,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    failoverDetector: true,
    retryStrategy: backOff,
    // The role is looked at, and a master that was made a replica is left.
    enableReadyCheck: true,
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  });
}

function commonOptions({ username, tls }: RedisSettings, { password, ca }: RedisSecrets) {
  return {
    // Redis before 6 and many proxies know no HELLO, and nothing here needs RESP3.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // For the first commands; those of requests have a limit of their own, in `send`.
    commandTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: { ca: ca === 'system' ? systemAuthorities() : [...(ca ?? [])], ...serverNameOf(tls) } }),
  } satisfies RedisOptions;
}

function serverNameOf({ serverName }: NonNullable<RedisSettings['tls']>): tls.ConnectionOptions {
  if (serverName === undefined) return {};
  return {
    servername: serverName,
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(serverName, certificate),
  };
}

/** What the machine trusts; where it has no store, as in bare container images, the authorities that Node ships. */
function systemAuthorities(): string[] {
  const installed = tls.getCACertificates('system');
  return installed.length > 0 ? installed : [...tls.rootCertificates];
}

/** Read here and not by ioredis, which takes options out of the query of a URL. */
function locate({ hostname, port, username, password, pathname }: URL) {
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    db: Number(pathname.slice(1)),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

function backOff(attempt: number): number {
  const [first, most] = BACKOFF_MS;
  return Math.min(first * 2 ** Math.min(attempt - 1, 10), most);
}

const LATE = Symbol('late');

/**
 * The value, or LATE. When this process itself was held up, answers may have come that were not read yet: they are,
 * between the timer and the immediate behind it, so that Redis is not blamed for our own delay.
 */
function within<T>(limitMs: number, work: Promise<T>): Promise<T | typeof LATE> {
  const { promise, resolve, reject } = Promise.withResolvers<T | typeof LATE>();
  const timer = setTimeout(() => setImmediate(resolve, LATE), limitMs);
  work.then(resolve, reject);
  return promise.finally(() => clearTimeout(timer));
}

/** Never the error itself: ioredis hangs the command on it, which for AUTH holds the password. */
function reasonOf(error: Error & { readonly code?: string; readonly lastNodeError?: Error }): string {
  return error.lastNodeError?.message || error.message || error.code || error.name;
}

function ignore(): void {}
