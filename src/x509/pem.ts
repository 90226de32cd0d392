// Which blocks does this PEM text hold? (RFC 7468) Read line by line: expressions over megabytes overflow the stack.

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

interface OpenBlock {
  readonly label: string;
  readonly line: number;
  readonly body: string[];
}

const DASHES = '-----';

/** Every BEGIN becomes a block or a problem. Text between blocks is explanation (RFC 7468 2) and passed over. */
export function readPem(text: string): PemText {
  const found: PemText = { blocks: [], problems: [] };
  let open: OpenBlock | undefined;
  let line = 0;
  const abandon = (block: OpenBlock | undefined) => {
    if (block !== undefined) found.problems.push({ line: block.line, message: `the ${block.label} block has no END` });
  };
  for (const content of linesOf(text)) {
    line++;
    if (!looksLikeFence(content)) {
      open?.body.push(content);
      continue;
    }
    const begun = labelOf(content, 'BEGIN');
    const ended = labelOf(content, 'END');
    if (begun !== undefined) {
      abandon(open);
      open = { label: begun, line, body: [] };
    } else if (open !== undefined && ended === open.label) {
      closeBlock(open, found);
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

function* linesOf(text: string): Generator<string> {
  // Some editors of Windows put a byte order mark first.
  let from = text.startsWith('\ufeff') ? 1 : 0;
  while (from < text.length) {
    const found = text.indexOf('\n', from);
    const end = found < 0 ? text.length : found;
    yield text.slice(from, end).trimEnd();
    from = end + 1;
  }
}

/** Catches half-written fences too, so that they are reported and not taken for text; rules of dashes are text. */
function looksLikeFence(line: string): boolean {
  return line.includes('--') && (line.includes('BEGIN') || line.includes('-END') || line.includes('- END'));
}

/** The label when the line is `-----BEGIN label-----` and nothing else. */
function labelOf(line: string, keyword: 'BEGIN' | 'END'): string | undefined {
  const head = `${DASHES}${keyword} `;
  if (!line.startsWith(head) || !line.endsWith(DASHES)) return undefined;
  const label = line.slice(head.length, -DASHES.length);
  return label === '' || label.includes('-') ? undefined : label;
}

function closeBlock({ label, line, body }: OpenBlock, found: PemText): void {
  const base64 = body.map((part) => part.trim()).join('');
  const der = Buffer.from(base64, 'base64');
  if (base64 === '') found.problems.push({ line, message: `the ${label} block is empty` });
  // Buffer skips what is not base64; only what it would write the same way has been read to the last character.
  else if (der.toString('base64') !== base64) {
    found.problems.push({ line, message: `the ${label} block is not proper base64` });
  } else found.blocks.push({ label, der: new Uint8Array(der.buffer, der.byteOffset, der.length), line });
}
