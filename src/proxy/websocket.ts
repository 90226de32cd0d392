// How does an upgrade to WebSocket reach its upstream?

import { createHash } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buildAnswerHeaders } from '../headers/answer.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import type { Connections } from './connections.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { fieldValue, listNames } from './message-fields.ts';
import { openRequest } from './open-request.ts';
import { findUnfit, relayAnswer } from './relay-answer.ts';
import { splice } from './splice.ts';

/** RFC 6455 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface UpgradeInput {
  readonly connections: Connections;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
  readonly exchange: Exchange;
}

type Settle = (refusal: Refusal | undefined) => void;

/**
 * Asks the upstream first, on a connection of its own, and joins both sockets when it agrees. Resolves with a refusal
 * when nothing was sent to the client; with undefined once the connection is over. Never asks twice.
 */
export function passUpgrade(input: UpgradeInput): Promise<Refusal | undefined> {
  const { connections, socket, exchange } = input;
  const deadline = createDeadline();
  return new Promise((resolve) => {
    let outgoing: ClientRequest | undefined;
    const unwatch = watchClient(socket, () => {
      socket.destroy();
      settle(undefined);
    });
    const settle: Settle = (refusal) => {
      deadline.stop();
      release();
      unwatch();
      outgoing?.destroy();
      resolve(refusal);
    };
    const release = connections.slots.take(() => {
      try {
        outgoing = ask(input, deadline, unwatch, settle);
      } catch (error) {
        // The gate made headers and path; when they cannot be written, we are broken.
        settle({ code: 'internal', check: 'request', note: String(error) });
      }
    });
    deadline.start(connections.upstream.answerTimeoutMs, () => settle({ code: 'overloaded', check: 'connections' }));
    exchange.abort = () => socket.destroy();
  });
}

/**
 * Tells when the client leaves before the upstream has answered; returns what ends the watch. That takes reading, and so
 * the first bytes of an impatient client are put back, and the rest is left with the kernel.
 */
function watchClient(socket: Duplex, left: () => void): () => void {
  const hold = (bytes: Uint8Array) => {
    socket.pause();
    socket.unshift(bytes);
  };
  // Node leaves an upgraded socket without an error listener.
  socket.on('error', () => {});
  socket.once('close', left).once('end', left).once('data', hold);
  return () => {
    socket.off('close', left).off('end', left).off('data', hold);
    socket.pause();
  };
}

/** Sends the request; the first of answer, agreement and failure decides. */
function ask(input: UpgradeInput, deadline: Deadline, unwatch: () => void, settle: Settle): ClientRequest {
  const { connections, exchange } = input;
  const headers = [...exchange.fields, ...exchange.identity, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
  const head = { method: exchange.method, path: exchange.upstreamPath, headers };
  let answered = false;
  let sentAt = 0;
  const outgoing = openRequest(connections, head, deadline, {
    connected() {
      sentAt = performance.now();
      const { answerTimeoutMs } = connections.upstream;
      deadline.start(answerTimeoutMs, () => settle({ code: 'upstream-timeout', check: 'answer' }));
    },
    failed(refusal) {
      if (!answered) settle(refusal);
    },
  });
  const note = () => {
    answered = true;
    deadline.stop();
    unwatch();
    exchange.upstreamMs = performance.now() - sentAt;
  };
  outgoing.once('response', (answer) => {
    note();
    passAnswer(input, answer, deadline, settle);
  });
  outgoing.once('upgrade', (answer, other, rest) => {
    note();
    join(input, answer, other, rest, settle);
  });
  outgoing.end();
  return outgoing;
}

/** The upstream declined: the client gets its answer as an ordinary one, and the connection ends with it. */
function passAnswer(input: UpgradeInput, answer: IncomingMessage, deadline: Deadline, settle: Settle): void {
  const { connections, request, socket, exchange } = input;
  const unfit = findUnfit(answer);
  if (unfit !== undefined) {
    settle(unfit);
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  // The server no longer watches the socket, and so does not tell the response when there is room again.
  socket.on('drain', () => response.emit('drain'));
  response.once('finish', () => socket.end(() => socket.destroy()));
  socket.once('close', () => settle(undefined));
  // Read on, so that its end is seen; what comes before that has no meaning any more.
  socket.once('end', () => socket.destroy()).resume();
  deadline.start(connections.upstream.idleTimeoutMs, () => socket.destroy());
  try {
    relayAnswer(answer, response, exchange, { progress: () => deadline.refresh(), broken: () => socket.destroy() });
  } catch (error) {
    response.detachSocket(socket as Socket);
    settle({ code: 'upstream-failed', check: 'answer-malformed', note: String(error) });
  }
}

function join(input: UpgradeInput, answer: IncomingMessage, other: Duplex, rest: Buffer, settle: Settle): void {
  const { connections, socket, head, exchange } = input;
  other.on('error', () => {});
  if (!accepts(answer.rawHeaders, exchange.fields)) {
    other.destroy();
    settle({ code: 'upstream-failed', check: 'websocket-accept' });
    return;
  }
  const fields = buildAnswerHeaders(answer.rawHeaders, exchange.answerBlocked);
  fields.push(...exchange.answerFields, 'Connection', 'Upgrade', 'Upgrade', 'websocket');
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    // RFC 9110 8.6: no length with an informational answer.
    if (fields[i]?.toLowerCase() !== 'content-length') lines.push(`${fields[i]}: ${fields[i + 1]}`);
  }
  exchange.status = 101;
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (rest.length > 0) other.unshift(rest);
  if (head.length > 0) socket.unshift(head);
  exchange.abort = splice(socket, other, connections.upstream.idleTimeoutMs, () => settle(undefined));
}

/** RFC 6455 4.1: the upstream speaks WebSocket, and answers this very request. */
function accepts(answer: readonly string[], request: readonly string[]): boolean {
  const key = fieldValue(request, 'sec-websocket-key') ?? '';
  const expected = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`, 'latin1').digest('base64');
  return (
    fieldValue(answer, 'upgrade')?.toLowerCase() === 'websocket' &&
    listNames(fieldValue(answer, 'connection') ?? '').includes('upgrade') &&
    fieldValue(answer, 'sec-websocket-accept') === expected
  );
}
