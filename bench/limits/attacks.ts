// What attackers do. Each one is prepared first, then carried out against a gateway, and tells what came of it; it throws
// when the gateway let it do more than the limits say.

import { setTimeout as wait } from 'node:timers/promises';
import { makeRoot } from '../../test/kit/pki.ts';
import { TIMEOUTS } from './gateway.ts';
import {
  type Credentials,
  inParallel,
  nextStatus,
  openPlain,
  openSecure,
  type Target,
  untilClosed,
} from './sockets.ts';

export type Attack = (count: number) => (target: Target) => Promise<string>;

/** Handshakes or requests that are begun at once. */
const AT_A_TIME = 50;
/** How long connections that do nothing wrong are held. */
const HOLD_MS = 2000;
const DRIBBLE_MS = 100;

const HEAD = 'GET / HTTP/1.1\r\nHost: localhost\r\n';

export const ATTACKS = {
  /** TCP connections that never say a word. */
  silence: (count) => async (target) => {
    const sockets = await inParallel(count, count, (index) => openPlain(target, index));
    return `all closed after ${seconds(await untilClosed(sockets, TIMEOUTS.handshake))}`;
  },

  /** One byte of a ClientHello at a time. */
  'dribbled handshakes': (count) => async (target) => {
    // Record of 512 bytes (RFC 8446 5.1) that holds a ClientHello, as far as it comes.
    const hello = Buffer.alloc(517, Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
    const sockets = await inParallel(count, count, (index) => openPlain(target, index));
    let sent = 0;
    const timer = setInterval(() => {
      const byte = hello.subarray(sent, ++sent);
      for (const socket of sockets) if (socket.writable) socket.write(byte);
    }, DRIBBLE_MS);
    const closed = untilClosed(sockets, TIMEOUTS.handshake).finally(() => clearInterval(timer));
    return `all closed after ${seconds(await closed)}`;
  },

  /** TLS connections that send nothing; the memory they take is the matter here. */
  'idle connections': (count) => async (target) => {
    const start = performance.now();
    const sockets = await inParallel(count, AT_A_TIME, (index) => openSecure(target, index));
    const rate = Math.round(count / ((performance.now() - start) / 1000));
    await wait(HOLD_MS);
    const open = sockets.filter(({ closed }) => !closed).length;
    if (open < count) throw new Error(`${count - open} of ${count} connections were not kept`);
    for (const socket of sockets) socket.destroy();
    return `${rate} handshakes/s`;
  },

  /** Heads and bodies that never end, by turns. */
  'half requests': (count) => async (target) => {
    const sockets = await inParallel(count, AT_A_TIME, async (index) => {
      const socket = await openSecure(target, index);
      const isBody = index % 2 === 1;
      socket.write(isBody ? `PO${HEAD.slice(1).replace('ET', 'ST')}Content-Length: 1000\r\n\r\n` : HEAD);
      const timer = setInterval(() => {
        if (socket.writable) socket.write('x');
      }, DRIBBLE_MS);
      return socket.once('close', () => clearInterval(timer));
    });
    return `all closed after ${seconds(await untilClosed(sockets, TIMEOUTS.request))}`;
  },

  /** Certificates that are large and nobody's, each another, so that no verdict is known. */
  'large certificates': (count) => {
    const root = makeRoot({ name: 'Nobody' });
    const names = Array.from({ length: 3000 }, (_, index) => ({ kind: 'dns', value: `n${index}.test` }) as const);
    const made = Array.from({ length: count }, (): Credentials => {
      const { chainPem, keyPem } = root.client({ san: names, key: root.key });
      return { cert: chainPem, key: keyPem };
    });
    return async (target) => {
      const statuses = await inParallel(count, AT_A_TIME, async (index) => {
        const socket = await openSecure(target, index, made[index]);
        const status = nextStatus(socket);
        socket.write(`${HEAD}\r\n`);
        return status.finally(() => socket.destroy());
      });
      return expectStatuses(statuses, [403]);
    };
  },

  /** Heads as large as may be, larger, and with more fields than may be. */
  'header floods': (count) => {
    const field = (bytes: number) => `X-Filler: ${'a'.repeat(bytes)}\r\n`;
    const heads: readonly (readonly [number, string])[] = [
      [200, HEAD + field(15 * 1024)],
      [431, HEAD + field(17 * 1024)],
      [431, HEAD + field(1).repeat(200)],
      [431, HEAD + field(1).repeat(1000)],
    ];
    return async (target) => {
      const statuses = await inParallel(count, AT_A_TIME, async (index) => {
        const [expected, head] = heads[index % heads.length] ?? [0, ''];
        const socket = await openSecure(target, index % PER_ATTACKER);
        const status = nextStatus(socket);
        socket.write(`${head}\r\n`);
        if ((await status) !== expected) throw new Error(`a head was answered ${await status}, not ${expected}`);
        socket.destroy();
        return expected;
      });
      return expectStatuses(statuses, [200, 431]);
    };
  },

  /** Large answers that nobody reads. */
  'slow readers': (count) => async (target) => {
    const sockets = await inParallel(count, AT_A_TIME, async (index) => {
      const socket = await openSecure(target, index);
      socket.pause();
      socket.write(HEAD.replace('/', '/large') + '\r\n');
      return socket;
    });
    await wait(2 * HOLD_MS);
    for (const socket of sockets) socket.destroy();
    return `${count} answers left unread`;
  },

  /** More connections than the process may have files. */
  'no files left': (count) => async (target) => {
    const sockets = await inParallel(count, count, (index) => openPlain(target, index));
    return `all closed after ${seconds(await untilClosed(sockets, TIMEOUTS.handshake))}`;
  },

  /** Requests far beyond what may wait for an answer. */
  pipelining: (count) => {
    const requests = Buffer.from(`${HEAD}\r\n`.repeat(1000));
    return async (target) => {
      const sockets = await inParallel(count, AT_A_TIME, async (index) => {
        const socket = await openSecure(target, index);
        socket.write(requests);
        return socket;
      });
      return `all cut off after ${seconds(await untilClosed(sockets, 0))}`;
    };
  },
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof ATTACKS;

/** Addresses are taken in turn. */
const PER_ATTACKER = 900;

function expectStatuses(statuses: readonly number[], expected: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  const text = [...counts].map(([status, times]) => `${times} × ${status}`).join(', ');
  if ([...counts.keys()].some((status) => !expected.includes(status))) throw new Error(`answered ${text}`);
  return text;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
