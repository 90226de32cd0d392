// Which headers belong to one connection and not to the message (RFC 9110 7.6.1).

/** RFC 9110 7.6.1, and what is hop-by-hop by its own definition. All `Proxy-*` fields are, too: see isHopByHop. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer', // only a hint (RFC 9110 6.6.2), and whoever sends the trailers writes its own
  'transfer-encoding',
  'upgrade',
  'http2-settings', // RFC 7540 3.2.1, of h2c upgrades, which nobody gets here
  'proxy', // no field at all: CGI services take it for HTTP_PROXY (CVE-2016-5385)
]);

/**
 * What a Connection header cannot remove. The gate judged the request with these, or they say how it is framed, routed,
 * read and authenticated; a client that wants them gone can leave them out. RFC 9110 7.6.1 forbids senders to name such
 * fields there at all.
 */
const END_TO_END: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'origin',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'set-cookie',
]);

/** `name` in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name) || name.startsWith('proxy-');
}

const NONE: Set<string> = new Set();

/** The names, in lower case, that the Connection headers of a message take out of it. `raw` is a flat list. */
export function namedInConnection(raw: readonly string[]): ReadonlySet<string> {
  let named = NONE;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (name.length !== 'connection'.length || name.toLowerCase() !== 'connection') continue;
    if (named === NONE) named = new Set();
    for (const option of raw[index + 1]?.split(',') ?? []) {
      const name = option.trim().toLowerCase();
      if (!END_TO_END.has(name)) named.add(name);
    }
  }
  return named;
}
