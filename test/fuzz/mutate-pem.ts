// Changes to a PEM file: to its lines, or to the DER inside one of its blocks.

import { encodePem, readPem } from '../../src/x509/pem.ts';
import { mutateBytes, mutateText } from './mutate-bytes.ts';
import { mutateTree } from './mutate-tree.ts';
import type { Random } from './random.ts';

/** Files of DER and PKCS#7 are among the seeds too, and are changed as such. */
export function mutatePem(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  if (bytes[0] === 0x30) return mutateTree(bytes, firstBlock(other), random) ?? mutateBytes(bytes, random, other);
  if (random.chance(2)) return mutateText(bytes, random, other);
  const { blocks } = readPem(Buffer.from(bytes).toString('utf8'));
  const chosen = random.maybe(blocks);
  if (chosen === undefined) return mutateText(bytes, random, other);
  const changed = mutateTree(chosen.der, firstBlock(other), random) ?? mutateBytes(chosen.der, random, other);
  return Buffer.from(blocks.map((block) => encodePem(block.label, block === chosen ? changed : block.der)).join(''));
}

function firstBlock(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x30 ? bytes : (readPem(Buffer.from(bytes).toString('utf8')).blocks[0]?.der ?? bytes);
}
