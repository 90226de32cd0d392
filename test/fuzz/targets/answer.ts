// Target: what a service says on a connection that a request went out on.

import type { Refusal } from '../../../src/model/reasons.ts';
import type { AnswerHead } from '../../../src/upstream/answer-head.ts';
import { AnswerReader } from '../../../src/upstream/answer-reader.ts';
import { mustBe, shapeOf, type Target } from '../target.ts';

/** A little more than a head, or the extensions of chunks, or trailers may take. */
const MAX_BYTES = 18_000;
/** Into about how many pieces an input is cut; short ones into single bytes. */
const PIECES = 1000;

const OK = 'HTTP/1.1 200 OK\r\n';

const SEEDS: readonly string[] = [
  `${OK}Content-Length: 2\r\nContent-Type: text/plain\r\nDate: Sun, 22 Nov 2026 18:00:00 GMT\r\n\r\nok`,
  `${OK}Transfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2\r\nok\r\nA;x="y"\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\n`,
  `${OK}Content-Length: 38\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 2\r\n\r\nok and more`,
  'HTTP/1.1 204 No Content\r\nConnection: close, x\r\nKeep-Alive: timeout=5\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: "\xe9"\r\n\r\n',
  'HTTP/1.0 200\r\n\r\nup to the end',
  `${OK}Content-Length: 2\r\nContent-Length: 2\r\nTransfer-Encoding: gzip, chunked\r\n\r\nok`,
];

/** RFC 9110 5.1 and 5.5, written otherwise than in the reader. */
const SEPARATORS = '()<>@,;:\\"/[]?={}';
const isName = (text: string) =>
  text !== '' && [...text].every((sign) => sign > ' ' && sign < '\x7f' && !SEPARATORS.includes(sign));
const isValue = (text: string) =>
  !/^[ \t]|[ \t]$/.test(text) && [...text].every((sign) => sign === '\t' || (sign >= ' ' && sign !== '\x7f'));

interface Heard {
  readonly head: AnswerHead | undefined;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly over: boolean;
  readonly behind: string;
  readonly refusal: Refusal | undefined;
}

export function answerTarget(): Target {
  return {
    name: 'answer',
    shape: 'text',
    maxBytes: MAX_BYTES,
    seeds: SEEDS.map((text) => Buffer.from(text, 'latin1')),
    run: (input) => {
      const outcomes = ['GET', 'HEAD'].map((method) => {
        const whole = read([input], method);
        const cut = read(cutUp(input), method);
        mustBe(describe(whole) === describe(cut), 'what is heard does not hang on how the bytes came', () =>
          [describe(whole), describe(cut)].join('\n'),
        );
        checkHeard(whole, Buffer.from(input).toString('latin1'), method);
        return outcomeOf(whole);
      });
      return outcomes.join(' / ');
    },
  };
}

function cutUp(input: Uint8Array): Uint8Array[] {
  const size = Math.ceil(input.length / PIECES);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length; at += size) pieces.push(input.subarray(at, at + size));
  return pieces;
}

/** As a connection reads: what comes behind the end of an answer is no part of it. */
function read(pieces: readonly Uint8Array[], method: string): Heard {
  let head: AnswerHead | undefined;
  let [body, behind, ends] = ['', '', 0];
  let trailers: readonly string[] = [];
  const reader = new AnswerReader({
    whole(told, part) {
      mustBe(head === undefined && part.length > 0, 'an answer has one head, and a whole one has a body');
      head = told;
      body = part.toString('latin1');
      ends++;
    },
    head(told) {
      mustBe(head === undefined, 'an answer has one head');
      head = told;
    },
    data(part, last) {
      mustBe(head !== undefined && part.length > 0 && ends === 0, 'data come behind a head and before the end');
      body += part.toString('latin1');
      if (last) ends++;
    },
    over(told) {
      trailers = told;
      ends++;
    },
  });
  reader.expect(method);
  let refusal: Refusal | undefined;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    const result = reader.isOver ? bytes : reader.read(bytes);
    if (result === undefined) continue;
    if (Buffer.isBuffer(result)) behind += result.toString('latin1');
    else refusal = result;
    if (refusal !== undefined) break;
  }
  const over = refusal === undefined && reader.isOver;
  mustBe(ends === (over ? 1 : 0), 'the end is told once, and only when there is one');
  return { head, body, trailers, over, behind, refusal };
}

function checkHeard({ head, body, trailers, over, behind }: Heard, input: string, method: string): void {
  if (head === undefined) {
    mustBe(body === '' && !over && behind === '', 'nothing comes without a head');
    return;
  }
  const { status, fields, length } = head;
  mustBe(status >= 200 && status <= 599, 'the answer is a final one', () => `${status}`);
  for (const list of [fields, trailers]) {
    list.forEach((text, index) => {
      mustBe((index % 2 === 0 ? isName : isValue)(text), 'a field can be written as it is', () => text);
    });
  }
  const framing = fields.some((name, index) => index % 2 === 0 && /^(content-length|transfer-encoding)$/i.test(name));
  mustBe(!framing, 'no field frames but the framing');
  const without = method === 'HEAD' || status === 204 || status === 304;
  mustBe(without === (head.body === 'none'), 'there is a body where there can be one');
  if (head.body === 'length') mustBe(over === (body.length === length), 'a body is as long as it says');
  if (head.body === 'until-end') mustBe(!over && !head.persistent, 'nothing follows a body without an end');
  if (over) mustBe(head.body === 'chunked' ? input.endsWith(behind) : input.endsWith(body + behind), 'no byte is lost');
}

function describe({ head, refusal, ...rest }: Heard): string {
  return JSON.stringify({ ...rest, head, check: refusal?.check });
}

function outcomeOf({ head, refusal, over, behind, trailers }: Heard): string {
  // The other notes are the service's own words.
  const note = refusal?.check === 'answer-malformed' ? shapeOf(refusal.note ?? '') : '';
  if (refusal !== undefined) return `${head === undefined} ${refusal.check} ${note}`;
  const traits = [
    head?.body,
    head?.persistent,
    head?.keepAliveMs !== undefined,
    over,
    behind !== '',
    trailers.length > 0,
  ];
  return `accepted ${traits.join(' ')}`;
}
