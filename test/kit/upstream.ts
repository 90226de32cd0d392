// A service behind the gateway that remembers what it got.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';

export interface Received {
  readonly method: string;
  /** Path and query as they stood on the wire. */
  readonly url: string;
  /** Flat: names as they stood on the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
}

export interface TestUpstream {
  readonly port: number;
  /** For its events: `request` comes as soon as a head is there. */
  readonly server: Server;
  /** Whole requests, oldest first. */
  readonly received: readonly Received[];
  /** The latest of them; throws when there is none. */
  last(): Received;
  /** All bytes that ever arrived. */
  bytes(): number;
}

/** Answers each request with 200 and `answered PATH`, unless told otherwise. WebSocket upgrades are for `onUpgrade`. */
export async function startUpstream(
  t: Test,
  options: {
    readonly answer?: (request: IncomingMessage, response: ServerResponse) => void;
    readonly onUpgrade?: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
  } = {},
): Promise<TestUpstream> {
  const received: Received[] = [];
  let bytes = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(describe(request, Buffer.concat(chunks)));
      if (options.answer) options.answer(request, response);
      else response.end(`answered ${request.url}`);
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  const { onUpgrade } = options;
  if (onUpgrade) {
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      received.push(describe(request, Buffer.alloc(0)));
      onUpgrade(request, socket, head);
    });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const last = () => {
    const latest = received.at(-1);
    if (latest === undefined) throw new Error('the upstream has received nothing');
    return latest;
  };
  return { port: (server.address() as AddressInfo).port, server, received, last, bytes: () => bytes };
}

function describe(request: IncomingMessage, body: Buffer): Received {
  const { method = '', url = '', rawHeaders, rawTrailers } = request;
  return { method, url, rawHeaders, body, trailers: rawTrailers };
}

/** All values of a header of a received request, by its exact or any other case. */
export function headerOf({ rawHeaders }: Pick<Received, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.flatMap((field, index) =>
    index % 2 === 0 && field.toLowerCase() === name.toLowerCase() ? [rawHeaders[index + 1] ?? ''] : [],
  );
}
