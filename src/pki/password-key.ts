// Which key does a password give? The derivation of PKCS#12 (RFC 7292 appendix B.2).

import { hash } from 'node:crypto';

/** What the octets are for (B.3). */
export const DERIVED = { key: 1, iv: 2, mac: 3 } as const;

export interface Derivation {
  readonly hash: 'sha1' | 'sha256';
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly purpose: (typeof DERIVED)[keyof typeof DERIVED];
  readonly octets: number;
}

/** Octets that the compression function of SHA-1 and SHA-256 takes at a time: `v` in the RFC. */
const BLOCK_OCTETS = 64;

export function derivePasswordKey({
  hash: algorithm,
  password,
  salt,
  iterations,
  purpose,
  octets,
}: Derivation): Buffer {
  const diversifier = Buffer.alloc(BLOCK_OCTETS, purpose);
  const input = Buffer.concat([fillBlocks(salt), fillBlocks(encodePassword(password))]);
  const parts: Buffer[] = [];
  for (let length = 0; length < octets; ) {
    let digest = hash(algorithm, Buffer.concat([diversifier, input]), 'buffer');
    for (let round = 1; round < iterations; round++) digest = hash(algorithm, digest, 'buffer');
    parts.push(digest);
    length += digest.length;
    addToBlocks(input, repeat(digest, BLOCK_OCTETS));
  }
  return Buffer.concat(parts).subarray(0, octets);
}

/** A BMPString with two zero octets behind it (B.1). */
export function encodePassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

/** Repeated up to a whole number of blocks. */
function fillBlocks(octets: Uint8Array): Buffer {
  return repeat(octets, BLOCK_OCTETS * Math.ceil(octets.length / BLOCK_OCTETS));
}

function repeat(octets: Uint8Array, length: number): Buffer {
  return Buffer.alloc(length, octets);
}

/** Adds B + 1 to each block, as numbers modulo 2^512 (step 6C). */
function addToBlocks(input: Buffer, summand: Uint8Array): void {
  for (let block = 0; block < input.length; block += BLOCK_OCTETS) {
    let carry = 1;
    for (let at = BLOCK_OCTETS - 1; at >= 0; at--) {
      const sum = (input[block + at] ?? 0) + (summand[at] ?? 0) + carry;
      input[block + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
