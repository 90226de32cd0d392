// What a CRL withdraws, found in the simplest way there is: to compare with the reader that keeps a million entries small.

import { type Node, parseTree } from './tree.ts';

export interface PlainEntry {
  readonly revokedAt: number;
  readonly reason: number | undefined;
}

const REASON_OID = '551d15';
const MAX_SERIAL_OCTETS = 20;

/** Of a list that is known to be sound: by serial number, as hex of the content octets without a sign octet. */
export function readPlainEntries(der: Uint8Array): Map<string, PlainEntry> {
  const fields = parseTree(der, { wrapped: false })?.[0]?.children?.[0]?.children ?? [];
  const version = fields[0]?.tag === 0x02 ? 1 : 0;
  const thisUpdate = version + 2;
  const behind = fields.slice(thisUpdate + 1).find(({ tag }) => tag !== 0x17 && tag !== 0x18);
  const entries = new Map<string, PlainEntry>();
  for (const { children = [] } of behind?.tag === 0x30 ? (behind.children ?? []) : []) {
    const [serial, date, extensions] = children;
    const octets = serial?.content ?? new Uint8Array();
    const first = octets[0] ?? 0;
    if (first >= 0x80 || octets.length > MAX_SERIAL_OCTETS || octets.every((octet) => octet === 0)) continue;
    const hex = Buffer.from(first === 0 ? octets.subarray(1) : octets)
      .toString('hex')
      .toUpperCase();
    const entry = { revokedAt: instantOf(date), reason: reasonOf(extensions) };
    // What withdraws counts: an entry is replaced only where it takes something off the list.
    const earlier = entries.get(hex);
    if (earlier === undefined || earlier.reason === 8) entries.set(hex, entry);
  }
  return entries;
}

function instantOf(node: Node | undefined): number {
  const text = Buffer.from(node?.content ?? []).toString('latin1');
  const digits = node?.tag === 0x17 ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text;
  return Date.parse(digits.replace(/(....)(..)(..)(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
}

function reasonOf(extensions: Node | undefined): number | undefined {
  const found = extensions?.children?.find(
    ({ children = [] }) => Buffer.from(children[0]?.content ?? []).toString('hex') === REASON_OID,
  );
  return found?.children?.at(-1)?.content.at(-1);
}
