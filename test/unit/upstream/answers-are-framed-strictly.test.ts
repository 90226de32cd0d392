// Where does an answer end, which answers are none, and does it matter how the bytes are cut?

import fc from 'fast-check';
import t from 'tap';
import type { Refusal } from '../../../src/model/reasons.ts';
import type { AnswerHead } from '../../../src/upstream/answer-head.ts';
import { AnswerReader } from '../../../src/upstream/answer-reader.ts';

interface Heard {
  readonly status: number | undefined;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly over: boolean;
  /** Undefined where no head came. */
  readonly persistent: boolean | undefined;
  readonly behind: string;
  readonly refusal: Refusal | undefined;
}

/** Reads an answer that comes in these parts; stops behind its end, as a connection does. */
function read(parts: readonly string[], method = 'GET', end = false): Heard {
  let head: AnswerHead | undefined;
  let body = '';
  let trailers: readonly string[] = [];
  let ends = 0;
  const reader = new AnswerReader({
    whole(told, part) {
      if (head !== undefined || part.length === 0) throw new Error('two heads, or no data');
      head = told;
      body = part.toString('latin1');
      ends++;
    },
    head(told) {
      if (head !== undefined) throw new Error('two heads');
      head = told;
    },
    data(part, last) {
      if (head === undefined || part.length === 0) throw new Error('data without a head, or none');
      body += part.toString('latin1');
      if (last) ends++;
    },
    over(told) {
      trailers = told;
      ends++;
    },
  });
  reader.expect(method);
  let behind = '';
  let refusal: Refusal | undefined;
  for (const part of parts) {
    if (part === '' || refusal !== undefined) continue;
    if (reader.isOver) {
      behind += part;
      continue;
    }
    const result = reader.read(Buffer.from(part, 'latin1'));
    if (Buffer.isBuffer(result)) behind += result.toString('latin1');
    else refusal = result;
  }
  if (end && refusal === undefined) reader.end();
  const over = refusal === undefined && reader.isOver;
  if (ends !== (over ? 1 : 0)) throw new Error(`told of ${ends} ends`);
  const { status, fields = [], persistent } = head ?? {};
  return { status, fields, body, trailers, over, persistent, behind, refusal };
}

const OK = 'HTTP/1.1 200 OK\r\n';

interface Row {
  readonly answer: string;
  readonly method?: string;
  readonly end?: boolean;
  readonly heard: Partial<Heard>;
}

const GOOD: Readonly<Record<string, Row>> = {
  'a length': { answer: `${OK}Content-Length: 2\r\n\r\nok`, heard: { body: 'ok', persistent: true } },
  'a length of none': { answer: `${OK}Content-Length: 0\r\n\r\n`, heard: { body: '' } },
  'a length with zeros before it': { answer: `${OK}content-length: 002\r\n\r\nok`, heard: { body: 'ok' } },
  'no reason, and no space for it': { answer: 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', heard: { status: 200 } },
  'white space around a value': {
    answer: `${OK}A: \t b c\t \r\nContent-Length: 0\r\n\r\n`,
    heard: { fields: ['A', 'b c'] },
  },
  'an empty value': { answer: `${OK}A:\r\nContent-Length: 0\r\n\r\n`, heard: { fields: ['A', ''] } },
  'bytes above ASCII': {
    answer: `${OK}A: \xe9\xff\r\nContent-Length: 0\r\n\r\n`,
    heard: { fields: ['A', '\xe9\xff'] },
  },
  chunks: {
    answer: `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\nA;x="y"\r\n0123456789\r\n000\r\n\r\n`,
    heard: { body: 'ok0123456789', trailers: [], persistent: true },
  },
  'chunks and trailers': {
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\na: c\r\n\r\n`,
    heard: { body: 'x', trailers: ['A', 'b', 'a', 'c'] },
  },
  'a body that looks like an answer': {
    answer: `${OK}Content-Length: 38\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    heard: { body: `${OK}Content-Length: 0\r\n\r\n` },
  },
  'informational answers before': {
    answer: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
    heard: { status: 200, body: 'ok', fields: [] },
  },
  'the answer to HEAD': { answer: `${OK}\r\n`, method: 'HEAD', heard: { body: '', persistent: true } },
  'the answer to HEAD with a length': {
    answer: `${OK}Content-Length: 9\r\n\r\n`,
    method: 'HEAD',
    heard: { body: '', persistent: false },
  },
  'the answer to HEAD in chunks': {
    answer: `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    method: 'HEAD',
    heard: { body: '', persistent: false },
  },
  'not modified': { answer: 'HTTP/1.1 304 x\r\n\r\n', heard: { body: '', persistent: true } },
  'not modified, with a length': {
    answer: 'HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n',
    heard: { body: '', persistent: false },
  },
  'no content': { answer: 'HTTP/1.1 204 x\r\n\r\n', heard: { body: '', persistent: true } },
  'no content that announces some': {
    answer: 'HTTP/1.1 204 x\r\nContent-Length: 2\r\n\r\n',
    heard: { persistent: false },
  },
  'no content in chunks': {
    answer: 'HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n',
    heard: { persistent: false },
  },
  'a body up to the end': { answer: `${OK}\r\nall of it`, end: true, heard: { body: 'all of it', persistent: false } },
  'a connection to be closed': {
    answer: `${OK}Connection: x, CLOSE\r\nContent-Length: 0\r\n\r\n`,
    heard: { persistent: false },
  },
  'HTTP/1.0': { answer: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', heard: { body: 'ok', persistent: false } },
};

for (const [name, { answer, method, end = false, heard }] of Object.entries(GOOD)) {
  t.test(`${name}: read, however the bytes are cut`, async (t) => {
    const whole = read([answer], method, end);
    t.match(whole, { over: true, behind: '', refusal: undefined, ...heard });
    t.same(read([...answer], method, end), whole, 'one byte at a time');
    if (!end) t.equal(read([`${answer}HTTP/1.1 200 x`], method).behind, 'HTTP/1.1 200 x', 'what follows is told apart');
    fc.assert(
      fc.property(fc.array(fc.nat(answer.length), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), answer.length];
        const parts = at.map((from, index) => answer.slice(from, at[index + 1] ?? answer.length));
        t.same(read(parts, method, end), whole);
      }),
      { numRuns: 50 },
    );
    t.ok(end || !read([answer.slice(0, -1)], method).over || answer.endsWith('\n\n'), 'not over before its last byte');
  });
}

const MALFORMED: Readonly<Record<string, string>> = {
  'two equal lengths': `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
  'two lengths': `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`,
  'a list of lengths': `${OK}Content-Length: 2, 2\r\n\r\nok`,
  'an empty length': `${OK}Content-Length: \r\n\r\nok`,
  'a length with a sign': `${OK}Content-Length: +2\r\n\r\nok`,
  'a negative length': `${OK}Content-Length: -2\r\n\r\nok`,
  'a hexadecimal length': `${OK}Content-Length: 0x2\r\n\r\nok`,
  'a length beyond all numbers': `${OK}Content-Length: 9999999999999999\r\n\r\nok`,
  'a length and chunks': `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'chunks and a length': `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'chunks of HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'another version': 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/2': 'HTTP/2 200\r\nContent-Length: 0\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 99 x\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 x\r\n\r\n',
  'two spaces before the status': 'HTTP/1.1  200 x\r\n\r\n',
  'an empty line before the answer': `\r\n${OK}Content-Length: 0\r\n\r\n`,
  'a line that goes on': `${OK}A: b\r\n c\r\nContent-Length: 0\r\n\r\n`,
  'a space before the colon': `${OK}Content-Length : 0\r\n\r\n`,
  'a field without a name': `${OK}: b\r\nContent-Length: 0\r\n\r\n`,
  'a line without a colon': `${OK}A\r\nContent-Length: 0\r\n\r\n`,
  'a NUL in a value': `${OK}A: \0\r\nContent-Length: 0\r\n\r\n`,
  'a CR in a value': `${OK}A: b\rc\r\nContent-Length: 0\r\n\r\n`,
  'an LF in a value': `${OK}A: b\nContent-Length: 0\r\n\r\n`,
  'a line that ends in LF': `${OK.replace('\r', '')}Content-Length: 0\r\n\r\n`,
  'a head that is too long': `${OK}A: ${'x'.repeat(16 * 1024)}\r\nContent-Length: 0\r\n\r\n`,
  'a chunk without a size': `${OK}Transfer-Encoding: chunked\r\n\r\n\r\n`,
  'a size with a space before it': `${OK}Transfer-Encoding: chunked\r\n\r\n 2\r\nok\r\n0\r\n\r\n`,
  'a size with a space behind it': `${OK}Transfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n`,
  'a hexadecimal size': `${OK}Transfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n`,
  'a size beyond all numbers': `${OK}Transfer-Encoding: chunked\r\n\r\n10000000000000\r\nok\r\n`,
  'a size that ends in LF': `${OK}Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n`,
  'a size that ends in CR': `${OK}Transfer-Encoding: chunked\r\n\r\n2\rxok\r\n0\r\n\r\n`,
  'a chunk longer than its size': `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\noko\r\n0\r\n\r\n`,
  'a chunk that ends in LF': `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n`,
  'a NUL in an extension': `${OK}Transfer-Encoding: chunked\r\n\r\n2;\0\r\nok\r\n0\r\n\r\n`,
  'extensions without end': `${OK}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(17_000)}\r\nok\r\n0\r\n\r\n`,
  'a trailer that ends in LF': `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n`,
  'a trailer without a colon': `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nA\r\n\r\n`,
  'trailers without end': `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nA: ${'x'.repeat(17_000)}\r\n\r\n`,
};

for (const [name, answer] of Object.entries(MALFORMED)) {
  t.test(`${name}: no answer`, async (t) => {
    for (const parts of [[answer], [...answer]]) {
      const { refusal, over } = read(parts);
      t.match(refusal, { code: 'upstream-failed', check: 'answer-malformed' });
      t.equal(over, false);
    }
  });
}

t.test('codings nobody asked for, and statuses that are none', async (t) => {
  for (const coding of ['gzip', 'gzip, chunked', 'chunked, chunked', 'identity', 'chunked;q=1']) {
    t.match(read([`${OK}Transfer-Encoding: ${coding}\r\n\r\n`]).refusal, { check: 'transfer-coding' }, coding);
  }
  const twice = `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`;
  t.match(read([twice]).refusal, { check: 'transfer-coding' });
  for (const status of ['000', '099', '101', '600', '999']) {
    t.match(read([`HTTP/1.1 ${status} x\r\n\r\n`]).refusal, { check: 'answer-status' }, status);
  }
});

t.test('an answer is not over when the connection ends too early', async (t) => {
  for (const answer of [
    `${OK}Content-Length: 3\r\n\r\nok`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n`,
    OK,
    '',
  ]) {
    t.equal(read([answer], 'GET', true).over, false, JSON.stringify(answer));
  }
});

t.test('what can be no head is known before its end', async (t) => {
  for (const beginning of ['SSH-2.0-x\r\n', 'x', 'HTTP/2', `HTTP/1.1 200 OK\nA: b`, `${OK}${'x'.repeat(17_000)}`]) {
    t.match(read([beginning]).refusal, { check: 'answer-malformed' }, beginning.slice(0, 20));
  }
  t.equal(read(['HTTP/1.1 200 OK\r\nA: b\r']).refusal, undefined);
});
