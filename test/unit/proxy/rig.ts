// What do the tests of the proxy stand on? A plain server in the gate's place, raw upstreams, raw clients.

import http, { type IncomingMessage, type RequestListener } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Exchange } from '../../../src/model/exchange.ts';
import { silentLog } from '../../../src/model/log.ts';
import { type Refusal, reasonOf } from '../../../src/model/reasons.ts';
import { createProxy, type UpstreamProxy as Forwarder } from '../../../src/proxy/proxy.ts';
import type { Upstream } from '../../../src/proxy/upstream.ts';

export type UpstreamParts = Partial<Upstream> & { readonly url: URL };

export interface Front {
  readonly port: number;
  readonly proxy: Forwarder;
  /** Every exchange so far, in order. */
  readonly exchanges: Exchange[];
  /** What each of them came to, in the order of their ends. */
  readonly outcomes: (Refusal | undefined)[];
}

export interface FrontOptions {
  /** Changes what the gate would hand over. */
  readonly edit?: (exchange: Exchange, request: IncomingMessage) => Partial<Exchange>;
}

const HOP_BY_HOP = /^(connection|keep-alive|expect|te|transfer-encoding|upgrade|proxy-.*)$/i;

/** Stands in the gate's place: hands everything to the upstream `main`, and writes a refusal as a small answer. */
export async function startFront(t: Test, upstream: UpstreamParts, options: FrontOptions = {}): Promise<Front> {
  const proxy = await createProxy({ upstreams: new Map([['main', completeUpstream(upstream)]]), log: silentLog });
  const exchanges: Exchange[] = [];
  const outcomes: (Refusal | undefined)[] = [];
  const begin = (request: IncomingMessage): Exchange => {
    const exchange = exchangeOf(request);
    Object.assign(exchange, options.edit?.(exchange, request));
    exchanges.push(exchange);
    return exchange;
  };
  const server = http.createServer(async (request, response) => {
    const refusal = await new Promise<Refusal | undefined>((settle, fail) => {
      proxy.forward(request, response, begin(request), { settle, fail });
    });
    outcomes.push(refusal);
    if (refusal === undefined) return;
    response.writeHead(reasonOf(refusal.code).status, { 'x-refusal': refusal.code, 'x-check': refusal.check ?? '' });
    response.end();
  });
  server.maxHeadersCount = 0;
  server.on('upgrade', async (request, socket, head) => {
    const refusal = await proxy.upgrade(request, socket, head, begin(request));
    outcomes.push(refusal);
    if (refusal === undefined) return;
    const head_ = `HTTP/1.1 ${reasonOf(refusal.code).status} Refused\r\nx-refusal: ${refusal.code}\r\n`;
    socket.end(`${head_}x-check: ${refusal.check}\r\nConnection: close\r\n\r\n`);
  });
  const port = await listen(t, server);
  t.teardown(() => proxy.close());
  return { port, proxy, exchanges, outcomes };
}

export function completeUpstream(parts: UpstreamParts): Upstream {
  return {
    name: 'main',
    protocol: 'http1',
    tls: undefined,
    maxConnections: 16,
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 30_000,
    idleTimeoutMs: 30_000,
    keepAliveMs: 4_000,
    ...parts,
  };
}

function exchangeOf(request: IncomingMessage): Exchange {
  const fields: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? '';
    if (!HOP_BY_HOP.test(name)) fields.push(name, request.rawHeaders[i + 1] ?? '');
  }
  return {
    requestId: 'r1',
    method: request.method ?? '',
    upstream: 'main',
    upstreamPath: request.url ?? '',
    fields,
    identity: [],
    trailerBlocked: (name) => /^x-client-/i.test(name),
    answerBlocked: (name) =>
      /^(x-client-.*|connection|keep-alive|proxy-.*|trailer|te|upgrade|transfer-encoding)$/i.test(name),
    answerFields: [],
    maxBodyBytes: 1024 ** 3,
    connection: request.socket,
  };
}

/** An upstream made of node:http. */
export async function startUpstream(t: Test, listener: RequestListener): Promise<{ url: URL; server: http.Server }> {
  const server = http.createServer({ maxHeaderSize: 65_536 }, listener);
  server.maxHeadersCount = 0;
  return { url: new URL(`http://127.0.0.1:${await listen(t, server)}`), server };
}

/** An upstream that says and hears bytes. */
export async function startRawUpstream(
  t: Test,
  serve: (socket: Socket, index: number) => void,
): Promise<{ url: URL; connections: Socket[] }> {
  const connections: Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket, connections.push(socket) - 1);
  });
  t.teardown(() => {
    for (const socket of connections) socket.destroy();
  });
  return { url: new URL(`http://127.0.0.1:${await listen(t, server)}`), connections };
}

/** An upstream that answers every request head (bodies must not be sent) on a connection with what `answer` gives. */
export function answerRaw(t: Test, answer: (head: string, index: number) => string | Buffer | undefined) {
  return startRawUpstream(t, (socket, index) => {
    let heard = '';
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      for (let end = heard.indexOf('\r\n\r\n'); end >= 0; end = heard.indexOf('\r\n\r\n')) {
        const said = answer(heard.slice(0, end + 4), index);
        heard = heard.slice(end + 4);
        if (said !== undefined) socket.write(said, 'latin1');
      }
    });
    socket.on('end', () => socket.end());
  });
}

export async function listen(t: Test, server: net.Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

export interface Answer {
  readonly status: number;
  readonly message: string;
  /** Flat list. */
  readonly raw: string[];
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** Flat list. */
  readonly trailers: string[];
  readonly refusal: string | undefined;
  readonly check: string | undefined;
}

export interface Ask extends http.RequestOptions {
  readonly body?: string | Buffer;
  readonly trailers?: [string, string][];
}

/** Sends one request and reads its answer to the end; rejects when the answer is broken off. */
export function ask(port: number, path: string, options: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options });
    request.on('error', reject);
    request.on('response', async (answer) => {
      try {
        const body = Buffer.concat(await answer.toArray());
        resolve({
          status: answer.statusCode ?? 0,
          message: answer.statusMessage ?? '',
          raw: answer.rawHeaders,
          headers: answer.headers,
          body,
          trailers: answer.rawTrailers,
          refusal: header(answer, 'x-refusal'),
          check: header(answer, 'x-check'),
        });
      } catch (error) {
        reject(error);
      }
    });
    if (options.trailers !== undefined) request.addTrailers(options.trailers);
    request.end(options.body);
  });
}

function header(answer: IncomingMessage, name: string): string | undefined {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : undefined;
}

export interface RawClient {
  readonly socket: Socket;
  /** Everything heard so far. */
  readonly text: () => string;
  readonly closed: () => boolean;
  /** Resolves when what was heard matches. */
  readonly heard: (pattern: RegExp) => Promise<string>;
}

export async function connectRaw(t: Test, port: number, say?: string | Buffer): Promise<RawClient> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  let text = '';
  let closed = false;
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  t.teardown(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  if (say !== undefined) socket.write(say);
  const heard = async (pattern: RegExp) => {
    await until(
      () => pattern.test(text) || closed,
      () => `waiting for ${pattern}, heard ${JSON.stringify(text)}`,
    );
    if (!pattern.test(text)) throw new Error(`closed before ${pattern}, heard ${JSON.stringify(text)}`);
    return text;
  };
  return { socket, text: () => text, closed: () => closed, heard };
}

/** Waits for a condition; tells what for when it does not come about. */
export async function until(condition: () => boolean, what: () => string = () => condition.toString()): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`it did not come about: ${what()}`);
    await wait(5);
  }
}

/** Waits until a number has not moved for a while: everything that can be taken has been taken. */
export async function untilStill(count: () => number): Promise<void> {
  let last = -1;
  let still = 0;
  await until(() => {
    const now = count();
    still = now === last ? still + 1 : 0;
    last = now;
    return still > 60;
  });
}
