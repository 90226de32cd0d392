// DER as a tree that can be broken: read leniently, changed at any node, written with whatever lengths it was given.

export interface Node {
  tag: number;
  /** Content of a node without children. */
  content: Uint8Array;
  /** What a constructed element, or an OCTET STRING or BIT STRING that wraps DER, has inside. */
  children: Node[] | undefined;
  /** Before the children: the octet of unused bits. */
  prefix: Uint8Array;
  /** Octets to write in place of the right length. */
  length: Uint8Array | undefined;
}

const NOTHING = new Uint8Array();
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
/** Deeper than any seed, and shallow enough for what mutation makes of them. */
const MAX_DEPTH = 40;

export function leaf(tag: number, content: Uint8Array): Node {
  return { tag, content, children: undefined, prefix: NOTHING, length: undefined };
}

export function branch(tag: number, children: Node[]): Node {
  return { tag, content: NOTHING, children, prefix: NOTHING, length: undefined };
}

interface Reading {
  /** Whether DER inside of strings becomes nodes too. */
  readonly wrapped: boolean;
  readonly depth?: number;
}

/** The elements that the bytes are, to the last octet; undefined where they are none. */
export function parseTree(bytes: Uint8Array, reading: Reading = { wrapped: true }): Node[] | undefined {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const head = headAt(bytes, at);
    if (head === undefined) return undefined;
    nodes.push(nodeOf(bytes[at] ?? 0, bytes.subarray(head.start, head.end), reading));
    at = head.end;
  }
  return nodes;
}

function headAt(bytes: Uint8Array, at: number): { start: number; end: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined || first === 0x80 || first > 0x84) return undefined;
  const start = at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  let length = first < 0x80 ? first : 0;
  for (let index = at + 2; index < start; index++) length = length * 256 + (bytes[index] ?? 0);
  return start + length > bytes.length ? undefined : { start, end: start + length };
}

function nodeOf(tag: number, content: Uint8Array, { wrapped, depth = 0 }: Reading): Node {
  const node = leaf(tag, content);
  const prefix = tag === BIT_STRING && content[0] === 0 ? 1 : 0;
  const isWrapper = wrapped && (tag === OCTET_STRING || prefix === 1) && content.length > prefix + 1;
  const mayHold = ((tag & 0x20) !== 0 || isWrapper) && depth < MAX_DEPTH;
  const children = mayHold ? parseTree(content.subarray(prefix), { wrapped, depth: depth + 1 }) : undefined;
  if (children === undefined) return node;
  return { ...node, children, prefix: content.subarray(0, prefix) };
}

export function writeTree(nodes: readonly Node[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const length = writeNodes(nodes, parts);
  return Buffer.concat(parts, length);
}

/** Puts the parts behind those that are there; gives how many octets they have. */
function writeNodes(nodes: readonly Node[], parts: Uint8Array[]): number {
  let written = 0;
  for (const node of nodes) {
    const head = parts.push(node.prefix) - 1;
    const inner = node.children === undefined ? node.content.length : writeNodes(node.children, parts);
    if (node.children === undefined) parts.push(node.content);
    const length = node.length ?? lengthOctets(node.prefix.length + inner);
    const octets = new Uint8Array(1 + length.length + node.prefix.length);
    octets[0] = node.tag;
    octets.set(length, 1);
    octets.set(node.prefix, 1 + length.length);
    parts[head] = octets;
    written += octets.length + inner;
  }
  return written;
}

/** As few octets as the length needs. */
export function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

export interface Spot {
  readonly node: Node;
  /** The list that holds it. */
  readonly siblings: Node[];
}

/** Every node with the list that it stands in, outer ones first. */
export function spotsOf(nodes: Node[], spots: Spot[] = []): Spot[] {
  for (const node of nodes) {
    spots.push({ node, siblings: nodes });
    if (node.children !== undefined) spotsOf(node.children, spots);
  }
  return spots;
}

export function contentOf(node: Node): Uint8Array {
  return node.children === undefined ? node.content : Buffer.concat([node.prefix, writeTree(node.children)]);
}

export function copyNode(node: Node): Node {
  return { ...node, children: node.children?.map(copyNode) };
}
