// How does the body of a request reach the upstream?

import type { ClientSide, RequestBody } from '../model/client-side.ts';
import type { Exchange } from '../model/exchange.ts';
import type { Refusal } from '../model/reasons.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { filterTrailers } from './trailers.ts';

/** More than the exchange allows. */
export const BODY_TOO_LARGE: Refusal = { code: 'body-too-large', check: 'body-size' };

export interface UploadEvents {
  /** A part of the body came. */
  progress(): void;
  /** More came than the exchange allows. */
  tooLarge(): void;
  /** The client left in the middle of it. */
  left(): void;
  /** All of it, and the trailers, are with the upstream's connection. */
  ended(): void;
}

/**
 * Passes body and trailers on, with back-pressure. A client that breaks off breaks the request too, so that it never
 * looks complete. Returns what lets go of the rest.
 */
export function startUpload(
  body: RequestBody,
  { chunked, channel }: ClientSide,
  connection: UpstreamConnection,
  exchange: Exchange,
  events: UploadEvents,
): () => void {
  let bytes = 0;
  const pass = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes > exchange.maxBodyBytes) {
      events.tooLarge();
      return;
    }
    events.progress();
    connection.gather();
    if (!(chunked ? writeChunk(connection, part) : connection.pass(part))) body.pause();
  };
  const end = () => {
    letGo();
    if (chunked) connection.write(lastChunk(filterTrailers(body.rawTrailers, exchange.trailerBlocked)));
    connection.endRequest();
    events.ended();
  };
  const letGo = () => {
    body.off('data', pass).off('end', end);
    channel.off('close', events.left);
  };
  body.on('data', pass).once('end', end);
  // Not the body's own events: once its answer has been sent, Node no longer tells a request that its client left.
  channel.once('close', events.left);
  return letGo;
}

function writeChunk(connection: UpstreamConnection, part: Uint8Array): boolean {
  connection.write(`${part.length.toString(16)}\r\n`);
  connection.pass(part);
  return connection.write('\r\n');
}

/** RFC 9112 7.1.2. Node's parser has seen to it that nothing in them could end a line. */
function lastChunk(trailers: readonly [string, string][]): string {
  return `0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
