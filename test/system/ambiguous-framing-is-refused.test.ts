// RFC 9112 6: who reads a length otherwise than the next reader smuggles a request past it. Every row carries a request
// for /admin where a smuggled one would stand.

import t from 'tap';
import { checkRefused, type RefusedRow, startAttacked } from '../kit/attacked.ts';
import { open } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n';
const CHUNKED = `5\r\nhello\r\n0\r\n\r\n`;

function post(fields: string, body: string, version = '1.1'): string {
  return `POST /x HTTP/${version}\r\nHost: localhost\r\n${fields}\r\n\r\n${body}`;
}

const REFUSED: readonly RefusedRow[] = (
  [
    ['Content-Length before Transfer-Encoding', post('Content-Length: 4\r\nTransfer-Encoding: chunked', CHUNKED)],
    ['Transfer-Encoding before Content-Length', post('Transfer-Encoding: chunked\r\nContent-Length: 4', CHUNKED)],
    ['Transfer-Encoding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', CHUNKED)],
    [
      'Transfer-Encoding twice, one of them unknown',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: x', CHUNKED),
    ],
    ['chunked twice in one field', post('Transfer-Encoding: chunked, chunked', CHUNKED)],
    ['chunked and then identity', post('Transfer-Encoding: chunked, identity', CHUNKED)],
    ['gzip and then chunked', post('Transfer-Encoding: gzip, chunked', CHUNKED)],
    ['identity and then chunked', post('Transfer-Encoding: identity, chunked', CHUNKED)],
    ['a vertical tab before the coding', post('Transfer-Encoding: \x0bchunked', CHUNKED)],
    ['an empty Transfer-Encoding', post('Transfer-Encoding:', CHUNKED)],
    ['a space before the colon of Transfer-Encoding', post('Transfer-Encoding : chunked', CHUNKED)],
    ['chunked on HTTP/1.0', post('Transfer-Encoding: chunked', CHUNKED, '1.0')],
    ['two equal Content-Lengths', post('Content-Length: 5\r\nContent-Length: 5', `hello${SMUGGLED}`)],
    ['two unequal Content-Lengths', post('Content-Length: 5\r\nContent-Length: 0', `hello${SMUGGLED}`)],
    ['a list of equal Content-Lengths', post('Content-Length: 5, 5', `hello${SMUGGLED}`)],
    ['a Content-Length with a plus', post('Content-Length: +5', `hello${SMUGGLED}`)],
    ['a negative Content-Length', post('Content-Length: -1', SMUGGLED)],
    ['a Content-Length in hexadecimal', post('Content-Length: 0x5', `hello${SMUGGLED}`)],
    ['a Content-Length with zeros before it', post('Content-Length: 005', `hello`)],
    ['an empty Content-Length', post('Content-Length:', SMUGGLED)],
    ['a Content-Length with a space in it', post('Content-Length: 5 5', `hello${SMUGGLED}`)],
    ['a Content-Length with a fraction', post('Content-Length: 5.0', `hello${SMUGGLED}`)],
    ['a Content-Length beyond 64 bits', post('Content-Length: 18446744073709551621', `hello${SMUGGLED}`)],
    ['a space before the colon of Content-Length', post('Content-Length : 5', `hello${SMUGGLED}`)],
    ['a folded Content-Length', post('Content-Length:\r\n 5', `hello${SMUGGLED}`)],
  ] as const
).map(([name, bytes]) => ({ name, bytes, code: 'request-invalid' }));

/** The parser stops behind the head, while the request is being judged: there is no telling where an answer would belong. */
const CLOSED: readonly RefusedRow[] = (
  [
    ['identity alone', post('Transfer-Encoding: identity', CHUNKED)],
    ['gzip alone', post('Transfer-Encoding: gzip', CHUNKED)],
    ['a quoted coding', post('Transfer-Encoding: "chunked"', CHUNKED)],
    ['a coding with a parameter', post('Transfer-Encoding: chunked;x=1', CHUNKED)],
    ['a misspelt coding', post('Transfer-Encoding: xchunked', CHUNKED)],
  ] as const
).map(([name, bytes]) => ({ name, bytes, code: 'closed' }));

t.test('one plain length, or chunked, is accepted', async (t) => {
  const { port, upstream } = await startAttacked(t);
  for (const [fields, body] of [
    ['Content-Length: 5', 'hello'],
    ['Transfer-Encoding: chunked', CHUNKED],
    ['Transfer-Encoding: Chunked', CHUNKED],
  ] as const) {
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    socket.write(post(fields, body));
    t.match(await answers.next(), { status: 200, body: 'answered /x' }, fields);
    t.equal(upstream.received.at(-1)?.body.toString(), 'hello');
  }
});

t.test('every other length is refused', async (t) => {
  await checkRefused(t, await startAttacked(t), [...REFUSED, ...CLOSED]);
});
