// What attackers do. Each one is prepared first, then carried out against a gateway, and tells what came of it; it throws
// when the gateway let it do more than the limits say.

import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
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

/** Handshakes or requests that are under way at once. The event loop is late by as many of them as are ready in one turn. */
const AT_A_TIME = 50;
/** The same where each costs as much as a dozen others. */
const COSTLY_AT_A_TIME = 10;
/** How long connections that do nothing wrong are held. */
const HOLD_MS = 2000;
const DRIBBLE_MS = 100;

const HEAD = 'GET / HTTP/1.1\r\nHost: localhost\r\n';

export const ATTACKS = {
  /** TCP connections that never say a word. */
  silence: (count) => (target) => openInVain(target, count),

  /** One byte of a ClientHello at a time. */
  'dribbled handshakes': (count) => async (target) => {
    // A record of 512 bytes (RFC 8446 5.1) that holds a ClientHello, as far as it comes.
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
    return `${rate} handshakes/s, all kept`;
  },

  /** Heads and bodies that never end, by turns. */
  'half requests': (count) => async (target) => {
    const halves = [HEAD, HEAD.replace('GET', 'POST').concat('Content-Length: 1000\r\n\r\n')] as const;
    const sockets = await inParallel(count, AT_A_TIME, async (index) => {
      const socket = await openSecure(target, index);
      socket.write(halves[index % 2] ?? HEAD);
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
      const answers = await inParallel(count, AT_A_TIME, (index) =>
        // Their handshakes cost so much that the rest is turned away at the hello.
        ask(target, index, `${HEAD}\r\n`, made[index]).catch(() => 0),
      );
      const refused = answers.filter((status) => status === 403).length;
      return expectAnswers(answers, { 0: count - refused, 403: refused });
    };
  },

  /** Heads as large as may be, larger, and with more fields than may be, by turns. */
  'header floods': (count) => {
    const field = (bytes: number) => `X-Filler: ${'a'.repeat(bytes)}\r\n`;
    const heads = [field(15 * 1024), field(17 * 1024), field(1).repeat(200), field(1).repeat(1000)];
    return async (target) => {
      const answers = await inParallel(count, AT_A_TIME, (index) =>
        // No address makes more handshakes than it may.
        ask(target, index, `${HEAD}${heads[index % heads.length]}\r\n`),
      );
      return expectAnswers(answers, { 200: count / 4, 431: (count * 3) / 4 });
    };
  },

  /** Far more of one address than it may ask. */
  'request floods': (count) => async (target) => {
    const answers = await inParallel(AT_A_TIME, AT_A_TIME, async (index) => {
      const socket = await openSecure(target, index);
      const statuses: number[] = [];
      for (let sent = 0; sent < count / AT_A_TIME; sent++) {
        const status = nextStatus(socket);
        socket.write(`${HEAD}\r\n`);
        statuses.push(await status);
      }
      socket.destroy();
      return statuses;
    });
    const statuses = answers.flat();
    const served = statuses.filter((status) => status === 200).length;
    // A machine that is slow enough serves them all.
    return expectAnswers(statuses, { 200: served, ...(served < count && { 429: count - served }) });
  },

  /** Large answers that nobody reads. */
  'slow readers': (count) => async (target) => {
    const sockets = await inParallel(count, AT_A_TIME, (index) => openSecure(target, index));
    for (const socket of sockets) socket.pause().write(`${HEAD.replace('/', '/large')}\r\n`);
    await wait(2 * HOLD_MS);
    for (const socket of sockets) socket.destroy();
    return 'all left unread';
  },

  /** Requests far beyond what may wait for an answer. */
  pipelining: (count) => {
    const requests = `${HEAD}\r\n`.repeat(1000);
    return async (target) => {
      await inParallel(count, COSTLY_AT_A_TIME, async (index) => {
        const socket = await openSecure(target, index);
        socket.write(requests);
        await untilClosed([socket], 0);
      });
      return 'all cut off';
    };
  },

  /** More connections than the process may have files. */
  'no files left': (count) => (target) => openInVain(target, count),
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof ATTACKS;

async function openInVain(target: Target, count: number): Promise<string> {
  const sockets = await inParallel(count, count, (index) => openPlain(target, index));
  return `all closed after ${seconds(await untilClosed(sockets, TIMEOUTS.handshake))}`;
}

/** The status of one request on a connection of its own; 0 when there is no answer. */
async function ask(target: Target, index: number, request: string, credentials?: Credentials): Promise<number> {
  const socket = await openSecure(target, index, credentials);
  const status = nextStatus(socket);
  socket.write(request);
  return status.finally(() => socket.destroy());
}

/** `expected`: how often each status. */
function expectAnswers(statuses: readonly number[], expected: Readonly<Record<number, number>>): string {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  const text = Object.entries(counts).map(([status, times]) => `${times} × ${status}`);
  if (!isDeepStrictEqual(counts, expected)) throw new Error(`answered ${text.join(', ')}`);
  return text.join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
