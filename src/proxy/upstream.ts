// What a service behind the gateway is, as the proxy needs it.

export interface Upstream {
  readonly name: string;
  /** Scheme, host and port. Its path plays no part here: the exchange holds the path for the wire. */
  readonly url: URL;
  /** What it speaks; upgrades go by HTTP/1.1 in any case. */
  readonly protocol: 'http1' | 'http2';
  /** Undefined for `http:`. */
  readonly tls: UpstreamTls | undefined;
  /** Most connections in use at a time, WebSockets included; further requests wait. */
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** From the end of the request to the head of the answer; also how long a request waits for a connection. */
  readonly answerTimeoutMs: number;
  /** Between two parts of a body, in either direction. */
  readonly idleTimeoutMs: number;
  /** How long an unused connection is kept. */
  readonly keepAliveMs: number;
}

export interface UpstreamTls {
  /** PEM of the authorities that vouch for the service, or the public ones. */
  readonly ca: readonly string[] | 'system';
  /** PEM of the certificate that the gateway shows, and of its key. */
  readonly cert?: string;
  readonly key?: string;
  /** Name or address expected in the certificate; left out: the host of the URL. */
  readonly serverName?: string;
}
