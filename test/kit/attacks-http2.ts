// Sends the rows of the attack tables that are said apart from any syntax by HTTP/2. What comes of a row is what comes of it by
// HTTP/1.1: what is refused there is refused, or reset where it is no HTTP/2; what passes arrives as the same request. Behind
// each row a plain request on the same connection must be answered as itself.

import type { Test } from 'tap';
import { MODES, type Mode } from '../../src/policy/options.ts';
import { type Asker, describeReceived, expectFinding, type Finding } from './attack-outcome.ts';
import { expand, type MessageRow, type Row } from './attack-rows.ts';
import { writeSites } from './attacks.ts';
import { checkForLeaks } from './client.ts';
import { startTestGateway } from './gateway.ts';
import { END_HEADERS, END_STREAM, ERROR, type Field, frame, headers, openRaw, type RawSession } from './http2-wire.ts';
import { startUpstream, type TestUpstream } from './upstream.ts';

/** Fewer than a connection may have resets, and answers enough for its first window (RFC 9113 6.9.2). */
const ROWS_OF_A_CONNECTION = 40;

/** Fields that make a message malformed (RFC 9113 8.2.2); in trailers node:http2 lets one of them pass, and the gateway does not. */
const OF_ONE_CONNECTION = /^(connection|proxy-connection|keep-alive|transfer-encoding|upgrade|http2-settings)$/i;

function isHttp2({ fields, trailers = [] }: MessageRow): boolean {
  const isSound = ([name, value]: MessageRow['fields'][number]) =>
    /^te$/i.test(name) ? value === 'trailers' : !OF_ONE_CONNECTION.test(name);
  return fields.every(isSound) && trailers.every((field) => isSound(field) || /^http2-settings$/i.test(field[0]));
}

interface Lane extends Asker {
  readonly port: number;
  readonly upstream: TestUpstream;
}

export function runAttacksByHttp2(t: Test, rows: readonly Row[]): void {
  const messages = rows.filter((row): row is MessageRow => row.kind === 'message' && row.as !== 'websocket');
  for (const mode of MODES) {
    t.test(mode, async (t) => {
      const upstream = await startUpstream(t);
      const { port, pki } = await startTestGateway(t, {
        upstreamPort: upstream.port,
        upstreamOptions: 'identityHeaders: [x-client, { X-User: subject.cn }]',
        serverNames: ['localhost', 'secure.test', 'open.test'],
        listener: 'http2: true',
        yaml: writeSites(mode, upstream.port),
      });
      for (const certificate of [undefined, pki.issuing.client({ cn: 'alice' })]) {
        await t.test(certificate === undefined ? 'without a certificate' : 'with a good one', (t) =>
          runLane(t, { mode, certificate, port, upstream }, rowsOf(messages, mode)),
        );
      }
    });
  }
}

/** By server name, so that they can share connections. */
function rowsOf(messages: readonly MessageRow[], mode: Mode): MessageRow[] {
  return messages.filter(({ modes }) => modes.includes(mode)).sort((a, b) => (a.sni ?? '').localeCompare(b.sni ?? ''));
}

async function runLane(t: Test, lane: Lane, rows: readonly MessageRow[]): Promise<void> {
  let session: RawSession | undefined;
  let sni: string | null = null;
  let sent = 0;
  for (const row of rows) {
    if (session === undefined || sni !== row.sni || sent === ROWS_OF_A_CONNECTION) {
      session?.socket.destroy();
      sni = row.sni;
      sent = 0;
      session = await openRaw(t, { port: lane.port, certificate: lane.certificate, servername: sni });
    }
    const stream = 4 * sent++ + 1;
    await exchange(t, lane, session, row, stream);
    session.send(writePlain(stream + 2, sni ?? 'localhost'));
    t.equal((await outcomeOf(t, session, stream + 2)).body, `answered /public/${stream}`, `behind ${row.name}`);
  }
  session?.socket.destroy();
}

async function exchange(t: Test, lane: Lane, session: RawSession, row: MessageRow, stream: number): Promise<void> {
  const { upstream } = lane;
  const known = upstream.received.length;
  session.send(writeRow(row, stream));
  const outcome = await outcomeOf(t, session, stream);
  const received = upstream.received.slice(known).map((each) => describeReceived(row, each));
  const expected: Finding = expectFinding(row, 'request', lane, '');
  if (isHttp2(row) && expected.received.length > 0) {
    t.strictSame(received.map(lowerTrailers), expected.received.map(lowerTrailers), row.name);
    return;
  }
  t.strictSame(received, [], `${row.name}: nothing arrives`);
  if (outcome.reset !== undefined) t.equal(outcome.reset, ERROR.protocol, row.name);
  else if (row.method !== 'HEAD') {
    const code = isHttp2(row) ? expected.code : 'request-invalid';
    t.equal((JSON.parse(outcome.body) as { code: string }).code, code, row.name);
  }
}

/** All names are in lower case here (RFC 9113 8.2). */
function lowerTrailers(received: object): object {
  const { trailers } = received as { trailers: readonly string[] };
  return { ...received, trailers: trailers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)) };
}

interface StreamOutcome {
  readonly body: string;
  /** The code, where it was reset before an answer. */
  readonly reset: number | undefined;
}

async function outcomeOf(t: Test, session: RawSession, stream: number): Promise<StreamOutcome> {
  const isLast = (flags: number) => (flags & END_STREAM) !== 0;
  const last = await session.heardAny(
    ({ type, flags, stream: of }) => of === stream && (type === 'RST_STREAM' || isLast(flags)),
  );
  if (last.type === 'RST_STREAM') return { body: '', reset: last.payload.readUInt32BE() };
  const parts = session.frames.filter((each) => each.type === 'DATA' && each.stream === stream);
  const body = parts.map(({ payload }) => payload.toString()).join('');
  if (body.startsWith('{')) checkForLeaks(t, 400, body);
  return { body, reset: undefined };
}

function writePlain(stream: number, authority: string): Buffer {
  return headers(stream, pseudoFields('GET', authority, `/public/${stream - 2}`));
}

function pseudoFields(method: string, authority: string | undefined, path: string): Field[] {
  const of = authority === undefined ? [] : [[':authority', authority] as const];
  return [[':method', method], [':scheme', 'https'], ...of, [':path', path]];
}

/** The first host is the authority, another one is Host; two that are equal are two Hosts (RFC 9113 8.3.1). */
function writeRow(row: MessageRow, stream: number): Buffer {
  const { method, target, hosts, fields, body, trailers } = row;
  const [authority, ...others] = hosts;
  const more = others.includes(authority ?? '') ? hosts : others;
  const hasEnd = body === undefined && trailers === undefined;
  const all: Field[] = [
    ...pseudoFields(method, authority, expand(target)),
    ...more.map((host): Field => ['host', host]),
    ...fields.map(([name, value]): Field => [name.toLowerCase(), expand(value)]),
  ];
  if (body !== undefined && trailers === undefined && !all.some(([name]) => name === 'content-length'))
    all.push(['content-length', String(expand(body).length)]);
  const parts = [headers(stream, all, hasEnd ? END_HEADERS | END_STREAM : END_HEADERS)];
  if (!hasEnd) parts.push(frame('DATA', trailers === undefined ? END_STREAM : 0, stream, expand(body ?? '')));
  if (trailers !== undefined)
    parts.push(
      headers(
        stream,
        trailers.map(([name, value]): Field => [name.toLowerCase(), expand(value)]),
      ),
    );
  return Buffer.concat(parts);
}
