// The token of one upstream as a header behind its identity headers: made once per identity, renewed before it is over.

import type { Written } from '../headers/identity-writer.ts';
import type { Identity } from '../model/identity.ts';
import { writeClaims } from './claims.ts';
import type { UpstreamTokenOptions } from './options.ts';
import type { TokenSigner } from './signer.ts';

export interface TokenWriter {
  /** Its header; to be stripped from every request and every answer. */
  readonly name: string;
  /**
   * `before`: the identity headers that are written for the same identity. Without an identity there is no token. Its end
   * is no later than `validUntil`, when the client may be judged otherwise; both in milliseconds since the epoch.
   */
  write(identity: Identity | undefined, before: readonly string[], at: { now: number; validUntil: number }): Written;
}

export interface TokenWriterInput {
  readonly signer: TokenSigner;
  /** `iss`. */
  readonly issuer: string;
  readonly options: UpstreamTokenOptions;
  /** Most bytes of all identity headers of one request, the token among them. */
  readonly maxBytes: number;
}

/** A request may be on its way to the service for some time. */
const MIN_LEFT_MS = 5_000;
/** Name and value on the wire: `: ` between them, CR LF behind. */
const FRAMING_BYTES = 4;

interface Kept {
  readonly before: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly written: Written;
}

export function createTokenWriter({ signer, issuer, options, maxBytes }: TokenWriterInput): TokenWriter {
  const { header: name, audience, ttl } = options;
  const renewBeforeMs = Math.max(MIN_LEFT_MS, ttl / 5);
  const tokens = new WeakMap<Identity, Kept>();

  /** A kept token that would end later than a new one is wrong: the client's time was cut short, or the clock put back. */
  function isGood(known: Kept, now: number, expiresAt: number): boolean {
    if (known.expiresAt === expiresAt) return true;
    return known.expiresAt < expiresAt && known.expiresAt * 1000 - now >= renewBeforeMs;
  }

  return {
    name,
    write(identity, before, { now, validUntil }) {
      if (identity === undefined) return { headers: before };
      const expiresAt = Math.floor(Math.min(now + ttl, identity.certificate.notAfter, validUntil) / 1000);
      const known = tokens.get(identity);
      if (known?.before === before && isGood(known, now, expiresAt)) return known.written;
      const issuedAt = Math.floor(now / 1000);
      const token = signer.sign(writeClaims(identity, { issuer, audience, issuedAt, expiresAt }));
      const written = addHeader(before, name, token, maxBytes);
      tokens.set(identity, { before, expiresAt, written });
      return written;
    },
  };
}

function addHeader(before: readonly string[], name: string, value: string, maxBytes: number): Written {
  const headers = [...before, name, value];
  const bytes = headers.reduce((sum, text) => sum + text.length, 0) + (headers.length / 2) * FRAMING_BYTES;
  if (bytes <= maxBytes) return { headers };
  const note = `${name} does not fit: identity headers may have ${maxBytes} bytes`;
  return { refusal: { code: 'identity-too-large', check: 'identity-bytes', note } };
}
