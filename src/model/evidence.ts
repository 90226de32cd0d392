// What a connection proves. Frozen once, at the end of the handshake.

export interface Evidence {
  /** DER of the client's certificate; undefined when it sent none. */
  readonly leaf: Uint8Array | undefined;
  /** DER of what it sent behind the leaf, in its order: an untrusted bag. */
  readonly presented: readonly Uint8Array[];
  /** OpenSSL's verdict in the handshake (gate 1), e.g. `CERT_HAS_EXPIRED`; undefined when it accepted or nothing came. */
  readonly handshakeError: string | undefined;
  /** Content hash of what gate 1 judged with; tells a refusal of an older trust store from one of today's. */
  readonly trustGeneration: string;
  /** SNI, lower case, no trailing dot; undefined when the client sent none. */
  readonly serverName: string | undefined;
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly tlsVersion: string;
  /** Standard name of the cipher suite. */
  readonly cipher: string;
  readonly resumed: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
}
