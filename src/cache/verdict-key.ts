// Under which key a verdict is kept: all that it depends on, and nothing else.

import { hash } from 'node:crypto';

export interface VerdictKeyParts {
  /** DER. */
  readonly leaf: Uint8Array;
  /** DER of what came behind the leaf, in the client's order. */
  readonly presented: readonly Uint8Array[];
  /** State of the pool that stands in for them on a resumed session; undefined on a full handshake. */
  readonly pool: string | undefined;
  /** The trust store by content. */
  readonly trustContent: string;
  /** The options of validation, in one fixed text form. */
  readonly options: string;
  /** Changes with every change of what is known about revocation. */
  readonly revocationGeneration: string;
}

/** Goes up with every change to what a verdict is or how it is found, so that an older one is never taken for a new one. */
const SCHEMA = 'portcullis-verdict-2';

const LENGTH_BYTES = 4;

/**
 * Gives 64 hex digits. Each part stands behind its length, so that no two lists of parts give the same bytes; these are
 * hashed at once, for a call of the hash costs as much as what is hashed, and each connection needs a key.
 */
export function verdictKey(parts: VerdictKeyParts): string {
  const { leaf, presented, pool, trustContent, options, revocationGeneration } = parts;
  const texts = [
    SCHEMA,
    pool === undefined ? 'presented' : `pool ${pool}`,
    trustContent,
    options,
    revocationGeneration,
  ].map((text) => Buffer.from(text, 'utf8'));
  const all = [...texts, leaf, ...presented];
  const bytes = Buffer.allocUnsafe(all.reduce((sum, part) => sum + LENGTH_BYTES + part.byteLength, 0));
  let at = 0;
  for (const part of all) {
    at = bytes.writeUInt32BE(part.byteLength, at);
    bytes.set(part, at);
    at += part.byteLength;
  }
  return hash('sha256', bytes, 'hex');
}
