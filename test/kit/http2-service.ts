// A service that speaks HTTP/2 as node:http2 does.

import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface ReceivedStream {
  readonly headers: IncomingHttpHeaders;
  /** Flat. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

export interface Http2Service {
  readonly port: number;
  /** Whole requests, oldest first; none where `serve` answers. */
  readonly received: readonly ReceivedStream[];
  /** All connections so far. */
  readonly sessions: readonly ServerHttp2Session[];
}

/** `index` counts the streams of all connections. */
export type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, index: number) => void;

/** Answers with `answered PATH` unless told otherwise. Stops with the test. */
export async function startHttp2Service(t: Test, serve?: Serve, settings = {}): Promise<Http2Service> {
  const received: ReceivedStream[] = [];
  const sessions: ServerHttp2Session[] = [];
  let streams = 0;
  const server = createServer({ settings });
  server.on('session', (session) => {
    session.on('error', () => {});
    sessions.push(session);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    stream.on('error', () => {});
    if (serve !== undefined) {
      serve(stream, headers, streams++);
      return;
    }
    const parts: Buffer[] = [];
    const trailers: string[] = [];
    stream.on('trailers', (_headers: object, _flags: number, raw: string[]) => trailers.push(...raw));
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      if (stream.closed) return;
      received.push({ headers, rawHeaders: raw, body: Buffer.concat(parts).toString(), trailers });
      stream.respond({ ':status': 200, 'x-client-verify': 'SUCCESS', 'x-kept': 'kept' });
      stream.end(`answered ${headers[':path']}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, received, sessions };
}
