// What do tests of the reader make certificates with? Any field replaced by any bytes; the signature is never right.

import {
  bitString,
  context,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8String,
} from '../../src/x509/der-writer.ts';

export interface RawParts {
  readonly version?: Uint8Array | null;
  readonly serial?: Uint8Array;
  readonly innerAlgorithm?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly notBefore?: Uint8Array;
  readonly notAfter?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly spki?: Uint8Array;
  /** Between key and extensions: the unique identifiers. */
  readonly uniqueIds?: readonly Uint8Array[];
  /** The whole [3]; null for none. */
  readonly extensions?: Uint8Array | null;
  readonly outerAlgorithm?: Uint8Array;
  readonly signature?: Uint8Array;
  /** Behind the last field of the TBS, of the certificate, and of the file. */
  readonly behindTbs?: Uint8Array;
  readonly behindSignature?: Uint8Array;
  readonly behindAll?: Uint8Array;
}

const NOTHING = new Uint8Array();
const ALGORITHM = sequence(oid('1.3.101.112'));
const KEY = sequence(ALGORITHM, bitString(new Uint8Array(32).fill(7)));

export function rawName(text: string): Uint8Array {
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8String(text))));
}

export function rawExtension(type: string, value: Uint8Array, critical: readonly Uint8Array[] = []): Uint8Array {
  return sequence(oid(type), ...critical, octetString(value));
}

export function rawExtensions(...extensions: readonly Uint8Array[]): Uint8Array {
  return context(3, sequence(...extensions));
}

/** A certificate of version 3 that the reader accepts, but for the parts given. */
export function rawCertificate(parts: RawParts = {}): Uint8Array {
  const { version = context(0, integer(2)), extensions = null, innerAlgorithm = ALGORITHM } = parts;
  const tbs = sequence(
    version ?? NOTHING,
    parts.serial ?? integer(1),
    innerAlgorithm,
    parts.issuer ?? rawName('issuer'),
    sequence(parts.notBefore ?? time(Date.UTC(2020)), parts.notAfter ?? time(Date.UTC(2030))),
    parts.subject ?? rawName('subject'),
    parts.spki ?? KEY,
    ...(parts.uniqueIds ?? []),
    extensions ?? NOTHING,
    parts.behindTbs ?? NOTHING,
  );
  const certificate = sequence(
    tbs,
    parts.outerAlgorithm ?? ALGORITHM,
    parts.signature ?? bitString(new Uint8Array(64)),
    parts.behindSignature ?? NOTHING,
  );
  return Buffer.concat([certificate, parts.behindAll ?? NOTHING]);
}
