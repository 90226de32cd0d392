// Answers as they stand on the wire, read one after another from a connection that may go on.

import type { TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { checkForLeaks } from './client.ts';

export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; all values in their order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

export interface AnswerReader {
  /**
   * The next answer, interim ones too; rejects when the connection closes before it is complete. `method`: what it
   * answers, for a HEAD has no body in return; GET when left out.
   */
  next(method?: string): Promise<WireAnswer>;
  /** Waits for that many characters behind the answers taken, and gives all that is there. */
  more(length: number): Promise<string>;
  /** Waits until the connection is closed; gives what came behind the answers taken. */
  rest(): Promise<string>;
}

/** To be called before anything is sent. Every refusal read passes the check for leaks. */
export function readAnswers(t: Test, socket: TLSSocket): AnswerReader {
  let bytes = '';
  let over = socket.closed;
  let wake = () => {};
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.toString('latin1');
    wake();
  });
  socket.once('close', () => {
    over = true;
    wake();
  });
  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    async next(method = 'GET') {
      for (;;) {
        const found = takeAnswer(bytes, method);
        if (found !== undefined) {
          bytes = bytes.slice(found.length);
          checkForLeaks(t, found.answer.status, found.answer.body);
          return found.answer;
        }
        if (over) throw new Error(`closed after: ${JSON.stringify(bytes)}`);
        await change();
      }
    },
    async more(length) {
      while (bytes.length < length && !over) await change();
      return bytes;
    },
    async rest() {
      while (!over) await change();
      return bytes;
    },
  };
}

function takeAnswer(text: string, method: string): { answer: WireAnswer; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  const from = end + 4;
  const hasBody = status >= 200 && method !== 'HEAD';
  const found =
    hasBody && headers.has('transfer-encoding')
      ? takeChunks(text, from)
      : takeLength(text, from, hasBody ? Number(headers.get('content-length')?.[0] ?? 0) : 0);
  return found && { answer: { status, headers, body: found.body }, length: found.end };
}

function takeLength(text: string, from: number, length: number): { body: string; end: number } | undefined {
  const end = from + length;
  return text.length < end ? undefined : { body: text.slice(from, end), end };
}

function takeChunks(text: string, from: number): { body: string; end: number } | undefined {
  let body = '';
  for (let at = from; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    const next = line + 2 + size + 2;
    if (line < 0 || text.length < next) return undefined;
    body += text.slice(line + 2, line + 2 + size);
    if (size === 0) return { body, end: next };
    at = next;
  }
}
