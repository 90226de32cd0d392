// What may be asked of the outside, and what comes back? One bounded HTTP exchange.

export interface OutboundRequest {
  /** http or https. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly body?: Uint8Array;
  /** Sent as they are; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Every status from 200 to 299 is an answer; left out: 200 alone. */
  readonly anySuccess?: true;
  readonly maxBytes: number;
  /** From the look-up of the name to the last octet, ms. */
  readonly timeLimitMs: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

export type OutboundAnswer =
  | {
      readonly ok: true;
      /** 200, 304 where a validator was sent, or any success that was asked for. */
      readonly status: number;
      readonly body: Uint8Array;
      readonly contentType: string | undefined;
      readonly etag: string | undefined;
      readonly lastModified: string | undefined;
    }
  /** `why` is for log and explain: no query string, no credentials. */
  | { readonly ok: false; readonly why: string };

/** Never rejects for what the other side does. */
export type Outbound = (request: OutboundRequest) => Promise<OutboundAnswer>;
