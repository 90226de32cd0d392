// How does the body of a request reach the upstream?

import type { ClientRequest, IncomingMessage } from 'node:http';
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
  request: IncomingMessage,
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
    outgoing.addTrailers(filterTrailers(request.rawTrailers, exchange.trailerBlocked));
    outgoing.end();
    events.ended();
  };
  const letGo = () => {
    request.off('data', count).off('end', end).unpipe(outgoing);
    request.socket.off('close', leave);
  };
  flushSoon(outgoing);
  request.on('data', count).once('end', end).pipe(outgoing, { end: false });
  // Not the request's own events: once its answer has been sent, Node no longer tells it that the client left.
  request.socket.once('close', leave);
  return letGo;
}
