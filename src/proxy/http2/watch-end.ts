// Has a service ended its answer, or only reset the stream?

import type { ClientHttp2Stream } from 'node:http2';

/**
 * Node ends a stream that was reset without an error as it ends one whose last frame came (END_STREAM), and tells both as
 * closed. But only what was reset is closed before it has ended. To be called before anything has come.
 */
export function watchEnd(stream: ClientHttp2Stream): () => boolean {
  let isWhole = false;
  const push = stream.push;
  stream.push = (part, encoding) => {
    isWhole ||= part === null && !stream.closed;
    return push.call(stream, part, encoding);
  };
  return () => isWhole;
}
