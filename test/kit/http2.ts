// Clients that speak HTTP/2 as node:http2 does. Every refusal they receive passes the check for leaks.

import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import type { Test } from 'tap';
import { type ClientOptions, checkForLeaks, tlsOptions } from './client.ts';

export interface StreamRequest {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly trailers?: OutgoingHttpHeaders;
}

export interface StreamReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: IncomingHttpHeaders | undefined;
  /** As node:http2 tells it; 0 where the stream came to its proper end. */
  readonly resetCode: number;
}

/** A connection whose settings are exchanged. */
export async function openHttp2(t: Test, options: ClientOptions): Promise<ClientHttp2Session> {
  const socket = connectTls({ ...tlsOptions(options), ALPNProtocols: ['h2'] });
  const session = connect(`https://${options.servername ?? 'localhost'}`, { createConnection: () => socket });
  session.on('error', () => {});
  t.teardown(() => session.destroy());
  await new Promise<void>((resolve, reject) => {
    session.once('remoteSettings', () => resolve());
    session.once('close', () => reject(new Error('no connection')));
  });
  return session;
}

/** One stream to its end, however that is. */
export function askStream(t: Test, session: ClientHttp2Session, request: StreamRequest = {}): Promise<StreamReply> {
  const { method = 'GET', path = '/', authority, headers = {}, body, trailers } = request;
  const stream = session.request(
    { ':method': method, ':path': path, ...(authority !== undefined && { ':authority': authority }), ...headers },
    { endStream: body === undefined && trailers === undefined, waitForTrailers: trailers !== undefined },
  );
  stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
  if (body !== undefined || trailers !== undefined) stream.end(body);
  const parts: Buffer[] = [];
  let got: IncomingHttpHeaders = {};
  let trailing: IncomingHttpHeaders | undefined;
  stream.on('response', (fields) => {
    got = fields;
  });
  stream.on('trailers', (fields) => {
    trailing = fields;
  });
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('error', () => {});
  return new Promise((resolve) => {
    stream.once('close', () => {
      const all = Buffer.concat(parts);
      const status = Number(got[':status'] ?? 0);
      checkForLeaks(t, status, all.toString());
      resolve({
        status,
        headers: got,
        body: all,
        text: all.toString(),
        trailers: trailing,
        resetCode: stream.rstCode,
      });
    });
  });
}
