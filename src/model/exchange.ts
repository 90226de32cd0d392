// One allowed request on its way to an upstream: what the gate hands to the proxy.

import type { Refusal } from './reasons.ts';

/** The canonical form of what a request is for. Policy and upstream see these same strings (design rule 5). */
export interface Target {
  /** Lower case, no trailing dot, no default port: `app.example`, `app.example:8443`. For `X-Forwarded-Host`. */
  readonly authority: string;
  /** The same without port; what sites are chosen by. */
  readonly host: string;
  /** Canonical path, starts with `/`. */
  readonly path: string;
  /** From the `?` on, byte for byte; empty when there is none. */
  readonly query: string;
}

/** Who waits for the end of an exchange; is told once. */
export interface Outcome {
  /** A refusal while the client has seen nothing; else undefined, once the answer is over, complete or broken off. */
  settle(refusal: Refusal | undefined): void;
  /** We are broken. */
  fail(fault: unknown): void;
}

export interface Exchange {
  readonly requestId: string;
  readonly method: string;
  /** Name of the upstream in the configuration. */
  readonly upstream: string;
  /** Path and query to put on the wire, after `stripPrefix`. */
  readonly upstreamPath: string;
  /**
   * The end-to-end request fields for the upstream, in order: name, value, name, value ... `Host` is there; hop-by-hop
   * fields and every spoofable name are gone. Behind them go those of `identity`; the proxy adds framing, nothing else.
   */
  readonly fields: readonly string[];
  /**
   * What the upstream is told of the client, as a list like `fields`. It is the same object for the same identity, so that
   * whatever a lane makes of it is made once.
   */
  readonly identity: readonly string[];
  /** Tells whether a trailer of that name must not pass (identity, forwarding, framing). */
  readonly trailerBlocked: (name: string) => boolean;
  /** Tells whether a header of the upstream's answer must not reach the client. */
  readonly answerBlocked: (name: string) => boolean;
  /** Our own headers for the answer, flat; empty as a rule. */
  readonly answerFields: readonly string[];
  /** Most bytes of request body; the proxy cuts a longer one off: `body-too-large`. */
  readonly maxBodyBytes: number;
  /** The client connection: NTLM and Negotiate pin an upstream connection to it (design rule 10). */
  readonly connection: object;
  /** Set by the proxy: milliseconds from the first byte to the upstream to its response head. */
  upstreamMs?: number;
  /** Set by the proxy: status of the answer that the client got from the upstream; 101 for a WebSocket. */
  status?: number;
  /** Set by the proxy: ends the exchange at once (a revoked client's stream); safe to call at any time. */
  abort?: () => void;
}
