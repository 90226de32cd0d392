// How does the body of a request reach the upstream?

import type { ClientRequest } from 'node:http';
import type { ClientSide } from '../model/client-side.ts';
import type { Exchange } from '../model/exchange.ts';
import { flushSoon } from './relay-answer.ts';
import { filterTrailers } from './trailers.ts';

export interface UploadEvents {
  /** A part of the body came. */
  progress(): void;
  /** More came than the exchange allows. */
  tooLarge(): void;
  /** All of it, and the trailers, are with the upstream's connection. */
  ended(): void;
}

/**
 * Passes body and trailers on, with back-pressure. A client that breaks off breaks the request too, so that it never
 * looks complete. Returns what lets go of the rest.
 */
export function startUpload(
  { body, channel }: ClientSide,
  outgoing: ClientRequest,
  exchange: Exchange,
  events: UploadEvents,
): () => void {
  let bytes = 0;
  const count = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes > exchange.maxBodyBytes) events.tooLarge();
    else events.progress();
  };
  const leave = () => outgoing.destroy();
  const end = () => {
    letGo();
    outgoing.addTrailers(filterTrailers(body.rawTrailers, exchange.trailerBlocked));
    outgoing.end();
    events.ended();
  };
  const letGo = () => {
    body.off('data', count).off('end', end).unpipe(outgoing);
    channel.off('close', leave);
  };
  flushSoon(outgoing);
  body.on('data', count).once('end', end).pipe(outgoing, { end: false });
  // Not the body's own events: once its answer has been sent, Node no longer tells a request that its client left.
  channel.once('close', leave);
  return letGo;
}
