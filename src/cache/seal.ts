// Was this value written by a holder of the keys, for this very place? Redis is never an authority (design rule 8).

import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** Why a value is not read. */
export type SealDefect = 'form' | 'unknown-key' | 'seal' | 'over';

export interface Sealed {
  readonly generation: number;
  /** Milliseconds since the epoch: from then on the value is not there. */
  readonly expires: number;
  readonly payload: Buffer;
}

export interface Seals {
  /** `name`: the key or channel of Redis that the value is for; it counts nowhere else. */
  seal(name: string, content: Sealed): Buffer;
  open(name: string, bytes: Buffer, now: number): Sealed | SealDefect;
}

/** Goes up with every change to what is stored or how it is sealed. */
const SCHEMA = 'portcullis1';
/** Longer than any head. */
const MAX_HEAD_BYTES = 160;
const HEAD = /^portcullis1 (?<keyId>[0-9a-f]{16}) (?<generation>\d{1,16}) (?<expires>\d{1,16}) (?<mac>[0-9a-f]{64})$/;

/** `keys`: asked each time, so that they can be replaced; the first one seals, every one opens. */
export function createSeals(keys: () => readonly Uint8Array[]): Seals {
  return {
    seal(name, { generation, expires, payload }) {
      const [key] = keys();
      if (key === undefined) throw new Error('there is no key to seal with');
      const claims = `${SCHEMA} ${keyIdOf(key)} ${generation} ${expires}`;
      const mac = macOf(key, claims, name, payload).toString('hex');
      return Buffer.concat([Buffer.from(`${claims} ${mac}\n`), payload]);
    },
    open(name, bytes, now) {
      const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf('\n');
      const head = HEAD.exec(bytes.toString('latin1', 0, Math.max(end, 0)))?.groups;
      if (head === undefined) return 'form';
      const { keyId, generation, expires, mac = '' } = head;
      const key = keys().find((each) => keyIdOf(each) === keyId);
      if (key === undefined) return 'unknown-key';
      const payload = bytes.subarray(end + 1);
      const claims = `${SCHEMA} ${keyId} ${generation} ${expires}`;
      if (!timingSafeEqual(macOf(key, claims, name, payload), Buffer.from(mac, 'hex'))) return 'seal';
      if (now >= Number(expires)) return 'over';
      return { generation: Number(generation), expires: Number(expires), payload };
    },
  };
}

/** The length stands before the name, so that no two lists of parts give the same bytes. */
function macOf(key: Uint8Array, claims: string, name: string, payload: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`${claims} ${Buffer.byteLength(name)} ${name}\n`)
    .update(payload)
    .digest();
}

/** Tells keys apart without telling anything of them. */
function keyIdOf(key: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from('portcullis key id\n'), key]), 'hex').slice(0, 16);
}
