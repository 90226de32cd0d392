// Is this list signed by that key? Computed once for each list and key, and for large lists in another thread.

import type { CertificateFacts, CrlFacts, PublicKeyFacts } from '../model/certificate.ts';
import { checkSignature, checkSignatureElsewhere, type SignatureFault } from '../x509/signature.ts';
import { LARGE_BYTES } from './read-crls.ts';

export type CrlSignature = 'right' | SignatureFault;

/** Keys remembered for one list. Only those of known authorities get here, one for each renewal. */
const MAX_KEYS_PER_LIST = 64;

/** Facts never change, and so neither does the result; it goes with the list. By SHA-256 of the key (design rule 11). */
const results = new WeakMap<CrlFacts, Map<string, CrlSignature | Promise<CrlSignature>>>();

/** At once, but for a large list and a key it was not yet checked with. */
export function checkCrlSignature(crl: CrlFacts, key: PublicKeyFacts): CrlSignature | Promise<CrlSignature> {
  const known = results.get(crl)?.get(key.spkiHash);
  if (known !== undefined) return known;
  if (crl.der.length <= LARGE_BYTES) return remember(crl, key, checkSignature(crl, key) ?? 'right');
  const pending = checkSignatureElsewhere(crl, key).then((fault) => remember(crl, key, fault ?? 'right'));
  return remember(crl, key, pending);
}

/** The same without waiting: where a large list was not yet checked with the key, the time that takes is spent here. */
export function checkCrlSignatureNow(crl: CrlFacts, key: PublicKeyFacts): CrlSignature {
  const known = results.get(crl)?.get(key.spkiHash);
  return typeof known === 'string' ? known : remember(crl, key, checkSignature(crl, key) ?? 'right');
}

/** Resolves when `checkCrlSignatureNow` is at once for every one of the lists and the authorities of its issuer's name. */
export async function checkCrlSignatures(
  crls: readonly CrlFacts[],
  authorities: readonly CertificateFacts[],
): Promise<void> {
  for (const crl of crls) {
    const namesakes = authorities.filter(({ subject }) => subject.matchKey === crl.issuer.matchKey);
    for (const { publicKey } of namesakes) await checkCrlSignature(crl, publicKey);
  }
}

function remember<T extends CrlSignature | Promise<CrlSignature>>(crl: CrlFacts, key: PublicKeyFacts, result: T): T {
  const known = results.get(crl) ?? new Map<string, CrlSignature | Promise<CrlSignature>>();
  results.set(crl, known);
  if (known.size >= MAX_KEYS_PER_LIST) known.clear();
  known.set(key.spkiHash, result);
  return result;
}
