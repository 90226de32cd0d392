// Changes that know nothing of what the bytes mean, and some that know a few words of it.

import { BORDER_VALUES, TOKENS } from './borders.ts';
import type { Random } from './random.ts';

type ByteMutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const anywhere = (bytes: Uint8Array, random: Random): number => random.below(bytes.length + 1);

function insert(bytes: Uint8Array, at: number, more: Uint8Array, instead = 0): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + instead)]);
}

function slice(bytes: Uint8Array, random: Random): Uint8Array {
  const from = anywhere(bytes, random);
  return bytes.subarray(from, from + random.below(64));
}

const BLIND: readonly [ByteMutation, ...ByteMutation[]] = [
  (bytes, random) => insert(bytes, anywhere(bytes, random), new Uint8Array(), 1),
  (bytes, random) => {
    const changed = Uint8Array.from(bytes);
    const at = random.below(Math.max(1, bytes.length));
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  (bytes, random) => insert(bytes, anywhere(bytes, random), random.bytes(1), 1),
  (bytes, random) => insert(bytes, anywhere(bytes, random), random.bytes(1 + random.below(6))),
  (bytes, random) => bytes.subarray(0, anywhere(bytes, random)),
  (bytes, random) => insert(bytes, anywhere(bytes, random), slice(bytes, random)),
  (bytes, random) => insert(bytes, anywhere(bytes, random), new Uint8Array(), random.below(64)),
  (bytes, random, other) => insert(bytes, anywhere(bytes, random), slice(other, random), random.below(64)),
  (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, anywhere(bytes, random)), other.subarray(anywhere(other, random))]),
  (bytes, random) => insert(bytes, anywhere(bytes, random), random.pick(BORDER_VALUES), random.below(8)),
];

const WORDS: readonly [ByteMutation, ...ByteMutation[]] = [
  ...BLIND,
  (bytes, random) => insert(bytes, anywhere(bytes, random), Buffer.from(random.pick(TOKENS)), random.below(4)),
  (bytes, random) => insert(bytes, anywhere(bytes, random), Buffer.from(random.pick(TOKENS))),
  (bytes, random) => {
    const at = random.below(Math.max(1, bytes.length));
    const escaped = `%${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
    return insert(bytes, at, Buffer.from(random.chance(2) ? escaped : escaped.toUpperCase()), 1);
  },
  (bytes, random) => {
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    const [moved = ''] = lines.splice(random.below(lines.length), 1);
    if (!random.chance(3)) lines.splice(random.below(lines.length + 1), 0, moved);
    return Buffer.from(lines.join('\n'), 'latin1');
  },
];

function applyFew(list: readonly [ByteMutation, ...ByteMutation[]]): ByteMutation {
  return (bytes, random, other) => {
    let changed = bytes;
    for (let left = 1; left > 0; left -= random.below(2)) changed = random.pick(list)(changed, random, other);
    return changed;
  };
}

export const mutateBytes: ByteMutation = applyFew(BLIND);
/** For texts: with words of paths, hosts, PEM and JSON among what is put in. */
export const mutateText: ByteMutation = applyFew(WORDS);
