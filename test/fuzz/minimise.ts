// Which part of an input is it that matters? Leaves out elements and octets for as long as the same thing goes wrong.

import { contentOf, leaf, parseTree, spotsOf, writeTree } from './tree.ts';

/** Runs of the target that one input is worth. */
const MAX_RUNS = 3000;

export function minimise(input: Uint8Array, fails: (input: Uint8Array) => boolean): Uint8Array {
  let left = MAX_RUNS;
  const stillFails = (shorter: Uint8Array) => left-- > 0 && fails(shorter);
  let found = input;
  for (;;) {
    const before = found.length;
    found = withoutChunks(withoutElements(found, stillFails), stillFails);
    if (found.length === before || left <= 0) return Uint8Array.from(found);
  }
}

/** Lengths around what is left out are put right. */
function withoutElements(input: Uint8Array, stillFails: (shorter: Uint8Array) => boolean): Uint8Array {
  let found = input;
  for (let index = 0; ; index++) {
    const tree = parseTree(found);
    const spot = tree === undefined ? undefined : spotsOf(tree)[index];
    if (tree === undefined || spot === undefined) return found;
    const at = spot.siblings.indexOf(spot.node);
    const whole = contentOf(spot.node);
    const candidates = [[], [leaf(spot.node.tag, new Uint8Array())], [leaf(spot.node.tag, whole.subarray(0, 1))]];
    for (const instead of candidates) {
      spot.siblings.splice(at, 1, ...instead);
      const shorter = writeTree(tree);
      if (shorter.length < found.length && stillFails(shorter)) {
        found = shorter;
        index--;
        break;
      }
      spot.siblings.splice(at, instead.length, spot.node);
    }
  }
}

function withoutChunks(input: Uint8Array, stillFails: (shorter: Uint8Array) => boolean): Uint8Array {
  let found = input;
  for (let size = Math.ceil(found.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < found.length; ) {
      const shorter = Buffer.concat([found.subarray(0, at), found.subarray(at + size)]);
      if (stillFails(shorter)) found = shorter;
      else at += size;
    }
  }
  return found;
}
