// Which keys do new certificates get?

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** `ec` is P-256; `rsa` has 3072 bits (NIST SP 800-57: good beyond 2030), for clients that know nothing else. */
export type KeyKind = 'ec' | 'rsa';

export function generateKey(kind: KeyKind): KeyObject {
  return kind === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
}
