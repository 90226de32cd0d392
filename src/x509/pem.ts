// Which blocks does this PEM text hold? (RFC 7468) Read line by line from its octets: a list may have a million lines.

import { createBase64Reader } from './base64.ts';

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, ... */
  readonly label: string;
  readonly der: Uint8Array;
  /** Line of its BEGIN, from 1. */
  readonly line: number;
}

export interface PemProblem {
  readonly line: number;
  readonly message: string;
}

export interface PemText {
  readonly blocks: PemBlock[];
  readonly problems: PemProblem[];
}

/** Where a line begins and ends in the text; white space before its end is no part of it. */
interface Line {
  readonly from: number;
  readonly to: number;
}

interface OpenBlock {
  readonly label: string;
  readonly line: number;
  /** Where its BEGIN line ends. */
  readonly from: number;
}

const DASHES = '-----';
const DASH = 0x2d;
const NEW_LINE = 0x0a;
const SPACE = 0x20;
/** First and last of the control characters that are white space. */
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;

/** Every BEGIN becomes a block or a problem. Text between blocks is explanation (RFC 7468 2) and passed over. */
export function readPem(input: string | Uint8Array): PemText {
  const text =
    typeof input === 'string' ? Buffer.from(input) : Buffer.from(input.buffer, input.byteOffset, input.length);
  const found: PemText = { blocks: [], problems: [] };
  let open: OpenBlock | undefined;
  let line = 0;
  const abandon = (block: OpenBlock | undefined) => {
    if (block !== undefined) found.problems.push({ line: block.line, message: `the ${block.label} block has no END` });
  };
  for (const place of linesOf(text, startOf(text), text.length)) {
    line++;
    const fence = readFence(text, place);
    if (fence === undefined) continue;
    const begun = labelOf(fence, 'BEGIN');
    const ended = labelOf(fence, 'END');
    if (begun !== undefined) {
      abandon(open);
      open = { label: begun, line, from: place.to };
    } else if (open !== undefined && ended === open.label) {
      closeBlock(text, open, place.from, found);
      open = undefined;
    } else {
      found.problems.push({ line, message: 'a BEGIN or END line that is incomplete or does not fit' });
    }
  }
  abandon(open);
  // A missing END is known only later than what stands behind the block.
  found.problems.sort((one, other) => one.line - other.line);
  return found;
}

/** The PEM text of one block, lines of 64 (RFC 7468 2). */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines = [`-----BEGIN ${label}-----`];
  for (let at = 0; at < base64.length; at += 64) lines.push(base64.slice(at, at + 64));
  return `${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Some editors of Windows put a byte order mark first. */
function startOf(text: Buffer): number {
  return text.subarray(0, 3).toString('hex') === 'efbbbf' ? 3 : 0;
}

function* linesOf(text: Buffer, start: number, limit: number): Generator<Line> {
  for (let from = start; from < limit; ) {
    const found = text.indexOf(NEW_LINE, from);
    const next = found < 0 || found >= limit ? limit : found;
    let to = next;
    while (to > from && isSpace(text[to - 1])) to--;
    yield { from, to };
    from = next + 1;
  }
}

/** The line, where it is a fence. Half-written ones too, so that they are reported and not taken for text. */
function readFence(text: Buffer, { from, to }: Line): string | undefined {
  let at = from;
  // Base64 has no dash, and nearly every line is base64.
  while (at < to && text[at] !== DASH) at++;
  if (at === to) return undefined;
  const line = text.toString('utf8', from, to);
  const isFence = line.includes('--') && (line.includes('BEGIN') || line.includes('-END') || line.includes('- END'));
  // Rules of dashes are text.
  return isFence ? line : undefined;
}

/** The label when the line is `-----BEGIN label-----` and nothing else. */
function labelOf(line: string, keyword: 'BEGIN' | 'END'): string | undefined {
  const head = `${DASHES}${keyword} `;
  if (!line.startsWith(head) || !line.endsWith(DASHES)) return undefined;
  const label = line.slice(head.length, -DASHES.length);
  return label === '' || label.includes('-') ? undefined : label;
}

function closeBlock(text: Buffer, { label, line, from: start }: OpenBlock, limit: number, found: PemText): void {
  const base64 = createBase64Reader(limit - start);
  for (const place of linesOf(text, start, limit)) {
    // One that does not fit has been reported.
    if (readFence(text, place) !== undefined) continue;
    let { from } = place;
    while (from < place.to && isSpace(text[from])) from++;
    base64.add(text, from, place.to);
  }
  const der = base64.finish();
  if (der === undefined) found.problems.push({ line, message: `the ${label} block is not proper base64` });
  else if (der.length === 0) found.problems.push({ line, message: `the ${label} block is empty` });
  else found.blocks.push({ label, der, line });
}

function isSpace(octet: number | undefined): boolean {
  return octet === SPACE || (octet !== undefined && octet >= TAB && octet <= CARRIAGE_RETURN);
}
