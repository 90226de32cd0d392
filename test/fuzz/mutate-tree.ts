// What can go wrong in an ASN.1 structure: elements left out, doubled, exchanged, nested, of another type, length or value.

import { BORDER_LENGTHS, BORDER_VALUES } from './borders.ts';
import type { Random } from './random.ts';
import {
  branch,
  contentOf,
  copyNode,
  leaf,
  lengthOctets,
  type Node,
  parseTree,
  type Spot,
  spotsOf,
  writeTree,
} from './tree.ts';

type TreeMutation = (spot: Spot, random: Random, other: readonly Spot[]) => void;

/** Universal tags of certificates, and the context tags that their choices and options have. */
const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x30, 0x31,
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xbf, 0x1f, 0x00, 0x24,
  0x10,
] as const;

const MUTATIONS: readonly [TreeMutation, ...TreeMutation[]] = [
  ({ node, siblings }) => siblings.splice(siblings.indexOf(node), 1),
  ({ node, siblings }) => siblings.splice(siblings.indexOf(node), 0, copyNode(node)),
  ({ node, siblings }, random) => siblings.splice(random.below(siblings.length + 1), 0, copyNode(node)),
  ({ siblings }, random) => {
    const [moved] = siblings.splice(random.below(siblings.length), 1);
    if (moved !== undefined) siblings.splice(random.below(siblings.length + 1), 0, moved);
  },
  ({ node }, random) => {
    node.tag = random.chance(3) ? node.tag ^ random.pick([0x20, 0x40, 0x80, 0x01]) : random.pick(TAGS);
  },
  ({ node }, random) => {
    node.length = random.chance(2) ? random.pick(BORDER_LENGTHS) : nearLength(contentOf(node).length, random);
  },
  replaceContent,
  replaceContent,
  ({ node }, random) => {
    const content = Uint8Array.from(contentOf(node));
    content[random.below(Math.max(1, content.length))] = random.below(256);
    become(node, leaf(node.tag, content));
  },
  ({ node }, random) => {
    const content = contentOf(node);
    const more = random.bytes(1 + random.below(random.chance(8) ? 600 : 4));
    become(node, leaf(node.tag, random.chance(2) ? content.subarray(0, -1) : Buffer.concat([content, more])));
  },
  // Out of another seed, or of this one.
  ({ node }, random, other) => replaceBy(node, random.maybe(other)?.node),
  ({ siblings }, random, other) => {
    const found = random.maybe(other);
    if (found !== undefined) siblings.splice(random.below(siblings.length + 1), 0, copyNode(found.node));
  },
  // The same value under another name: an extension is read by the reader of another one.
  (spot, random, other) => {
    const same = other.filter(({ node }) => node.tag === spot.node.tag);
    replaceBy(spot.node, random.maybe(same)?.node);
  },
  ({ node }, random) => {
    let nested = copyNode(node);
    for (let depth = 1 + random.below(random.chance(8) ? 200 : 20); depth > 0; depth--)
      nested = branch(node.tag, [nested]);
    replaceBy(node, nested);
  },
  ({ node, siblings }) => siblings.splice(siblings.indexOf(node), 1, ...(node.children ?? [])),
  ({ node, siblings }, random) => {
    const copies = Array.from({ length: 1 + random.below(random.chance(8) ? 400 : 12) }, () => copyNode(node));
    siblings.splice(siblings.indexOf(node), 0, ...copies);
  },
];

/** The bytes with one or more changes to their structure; undefined where they have none. `other`: what to splice in. */
export function mutateTree(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array | undefined {
  const tree = parseTree(bytes);
  if (tree === undefined || tree.length === 0) return undefined;
  const donors = spotsOf(parseTree(other) ?? tree);
  // Half of them have one change only: the deeper a reader has come, the more has to be right.
  for (let left = 1; left > 0; left -= random.below(2)) {
    const spot = random.maybe(spotsOf(tree));
    if (spot !== undefined) random.pick(MUTATIONS)(spot, random, donors);
  }
  return writeTree(tree);
}

function replaceContent({ node }: Spot, random: Random): void {
  become(node, leaf(node.tag, random.pick(BORDER_VALUES)));
}

function replaceBy(node: Node, found: Node | undefined): void {
  if (found !== undefined) become(node, copyNode(found));
}

function become(node: Node, other: Node): void {
  Object.assign(node, other);
}

/** One too few or too many, or more octets than the length needs. */
function nearLength(length: number, random: Random): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return lengthOctets(Math.max(0, length - 1));
    case 1:
      return lengthOctets(length + 1);
    case 2:
      return Uint8Array.of(0x82, (length >> 8) & 0xff, length & 0xff);
    default:
      return Uint8Array.of(0x84, 0, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
  }
}
