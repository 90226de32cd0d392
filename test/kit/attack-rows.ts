// What do the attack tables hold? Rows of test/attacks/*.jsonl, and how each stands on the wire as HTTP/1.1.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { REASONS, type ReasonCode } from '../../src/model/reasons.ts';
import { MODES } from '../../src/policy/options.ts';
import { UPGRADE_FIELDS } from './websocket.ts';

export const TOPICS = [
  'framing',
  'request-lines',
  'hosts',
  'header-names',
  'trailers',
  'paths',
  'upgrades',
  'bodies',
] as const;
export type Topic = (typeof TOPICS)[number];

/** Text with repetitions: `["GET /", ["x", 17000], " HTTP/1.1"]`. Characters up to U+00FF, one byte each. */
const text = z.union([z.string(), z.array(z.union([z.string(), z.tuple([z.string(), z.int().min(1)])]))]);
const field = z.tuple([z.string(), text]);

const passes = z.strictObject({
  /** 200, or 101 for a WebSocket handshake, when left out. */
  status: z.int().optional(),
  method: z.string().default('GET'),
  /** Path and query as the upstream gets them. */
  target: text.default('/x'),
  /** Host and X-Forwarded-Host as the upstream gets them. */
  host: z.string().default('localhost'),
  /** Values the upstream gets by lower-case name; an empty list says that it gets none. */
  fields: z.record(z.string(), z.array(text)).default({}),
  body: text.default(''),
  /** Flat. */
  trailers: z.array(z.string()).default([]),
});

const common = {
  name: z.string().min(1),
  /** Of test/attacks/pitfalls.json. */
  pitfalls: z.array(z.string()),
  /** Why the row is as it is. */
  note: z.string().optional(),
  modes: z.array(z.enum(MODES)).default([...MODES]),
  /** Server name of the connection; null: none. */
  sni: z.string().nullable().default('localhost'),
  /** The rule it comes under: `/` has the mode under test, the others have their own (attacks.ts). */
  rule: z.enum(['/', '/admin', '/public', 'secure.test', 'open.test']).default('/'),
  /** The reason why it is refused under every mode. */
  refused: z.custom<ReasonCode>((code) => typeof code === 'string' && Object.hasOwn(REASONS, code)).optional(),
  /** It passes where its rule lets it, and this is what the upstream gets. */
  passes: passes.optional(),
  /** It is broken behind its head: the connection is cut off, and the upstream gets no whole request. */
  breaks: z.literal(true).optional(),
  /** Its answer is the last one of its connection. */
  ends: z.boolean().default(false),
};

const messageRow = z.strictObject({
  ...common,
  /** Said apart from any syntax: HTTP/2 can send it as well. */
  kind: z.literal('message'),
  /** Left out: as a plain request and, where it could be one, as a WebSocket handshake. */
  as: z.enum(['request', 'websocket']).optional(),
  method: z.string().default('GET'),
  target: text.default('/x'),
  hosts: z.array(z.string()).default(['localhost']),
  fields: z.array(field).default([]),
  /** With a Content-Length; where there are trailers, in one chunk. */
  body: text.optional(),
  trailers: z.array(field).optional(),
});

const bytesRow = z.strictObject({ ...common, kind: z.literal('bytes'), bytes: text });

const row = z
  .discriminatedUnion('kind', [messageRow, bytesRow])
  .refine(
    ({ refused, passes, breaks }) => [refused, passes, breaks].filter((each) => each !== undefined).length === 1,
    'expected exactly one of refused, passes and breaks',
  );

export type Row = z.output<typeof row>;
export type MessageRow = z.output<typeof messageRow>;
type Text = z.output<typeof text>;
export type Form = 'request' | 'websocket';

export function readTable(topic: Topic): Row[] {
  const lines = readFileSync(new URL(`../attacks/${topic}.jsonl`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line, index) => {
    const { success, data, error } = row.safeParse(JSON.parse(line));
    if (!success) throw new Error(`${topic}.jsonl:${index + 1}: ${z.prettifyError(error)}`);
    return data;
  });
}

/** A row as it would stand in a table; for rows that are generated. */
export function makeRow(written: z.input<typeof messageRow>): Row {
  return row.parse(written);
}

/** Whatever the tables say of plain requests holds for handshakes too, where the row leaves room for one. */
export function formsOf(row: Row): readonly Form[] {
  if (row.kind === 'bytes') return ['request'];
  if (row.as !== undefined) return [row.as];
  const { method, body, trailers, fields } = row;
  const own = fields.some(([name]) => /^(connection|upgrade|expect|content-length|transfer-encoding)$/i.test(name));
  const room = method === 'GET' && body === undefined && trailers === undefined && !own;
  return room ? ['request', 'websocket'] : ['request'];
}

export function methodOf(row: Row): string {
  return row.kind === 'bytes' ? (expand(row.bytes).trimStart().split(' ', 1)[0] ?? '') : row.method;
}

export function writeRow(row: Row, form: Form): string {
  return row.kind === 'bytes' ? expand(row.bytes) : writeMessage(row, form);
}

export function expand(text: Text): string {
  if (typeof text === 'string') return text;
  return text.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('');
}

function writeMessage(message: MessageRow, form: Form): string {
  const { method, target, hosts, fields } = message;
  return [
    `${method} ${expand(target)} HTTP/1.1\r\n`,
    ...hosts.map((host) => `Host: ${host}\r\n`),
    ...(form === 'websocket' ? [UPGRADE_FIELDS] : []),
    ...fields.map(writeField),
    writeBody(message),
  ].join('');
}

/** Its framing, the end of the head, and the body itself. */
function writeBody({ body, trailers }: MessageRow): string {
  if (body === undefined && trailers === undefined) return '\r\n';
  const text = expand(body ?? '');
  if (trailers === undefined) return `Content-Length: ${text.length}\r\n\r\n${text}`;
  const chunk = text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`;
  return `Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n${trailers.map(writeField).join('')}\r\n`;
}

function writeField([name, value]: z.output<typeof field>): string {
  return `${name}: ${expand(value)}\r\n`;
}
