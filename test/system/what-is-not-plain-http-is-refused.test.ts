// Request lines, fields and methods that some readers take and others do not (RFC 9112 2.2, 3, 5).

import t from 'tap';
import { checkRefused, type RefusedRow, startAttacked } from '../kit/attacked.ts';
import { open, readAll, splitAnswers } from '../kit/client.ts';
import { readAnswers } from '../kit/wire.ts';

const HOST = 'Host: localhost\r\n';
const SMUGGLED = `GET /admin HTTP/1.1\r\n${HOST}\r\n`;
const withField = (field: string) => `GET /x HTTP/1.1\r\n${HOST}${field}\r\n\r\n`;

const FIELDS: readonly RefusedRow[] = (
  [
    ['a folded field', 'X-A: b\r\n c'],
    ['a folded field with a tab', 'X-A: b\r\n\tc'],
    ['a space before the colon', 'X-A : b'],
    ['a tab before the colon', 'X-A\t: b'],
    ['a line without a colon', 'X-A'],
    ['a field without a name', ': b'],
    ['a space in a name', 'X A: b'],
    ['a bracket in a name', 'X(A): b'],
    ['a slash in a name', 'X/A: b'],
    ['a byte above 0x7f in a name', 'X-\xc4: b'],
    ['a NUL in a name', 'X-\0: b'],
    ['a NUL in a value', 'X-A: b\0c'],
    ['a control character in a value', 'X-A: b\x01c'],
    ['a delete in a value', 'X-A: b\x7fc'],
    ['a lone line feed between fields', 'X-A: b\nX-B: c'],
    ['a lone line feed behind a field', `X-A: b\n\n${SMUGGLED}`],
    ['a lone carriage return in a value', 'X-A: b\rX-B: c'],
    ['two carriage returns', 'X-A: b\r\r\nX-B: c'],
  ] as const
).map(([name, field]) => ({ name, bytes: withField(field), code: 'request-invalid' }));

const LINES: readonly RefusedRow[] = (
  [
    ['no version, as in HTTP/0.9', 'GET /x\r\n\r\n', 'version-not-supported'],
    ['no version, but fields', `GET /x\r\n${HOST}\r\n`, 'version-not-supported'],
    ['version 0.9', `GET /x HTTP/0.9\r\n${HOST}\r\n`, 'version-not-supported'],
    ['version 1.2', `GET /x HTTP/1.2\r\n${HOST}\r\n`, 'version-not-supported'],
    ['version 2.0', `GET /x HTTP/2.0\r\n${HOST}\r\n`, 'version-not-supported'],
    ['version 9.9', `GET /x HTTP/9.9\r\n${HOST}\r\n`, 'version-not-supported'],
    ['version 1.10', `GET /x HTTP/1.10\r\n${HOST}\r\n`, 'version-not-supported'],
    ['version 1', `GET /x HTTP/1\r\n${HOST}\r\n`, 'version-not-supported'],
    ['the name of the protocol in lower case', `GET /x http/1.1\r\n${HOST}\r\n`, 'request-invalid'],
    ['another protocol', `GET /x ICE/1.0\r\n${HOST}\r\n`, 'request-invalid'],
    ['something behind the version', `GET /x HTTP/1.1 x\r\n${HOST}\r\n`, 'version-not-supported'],
    ['a space in the target', `GET /x y HTTP/1.1\r\n${HOST}\r\n`, 'request-invalid'],
    ['a request line that ends in a line feed', `GET /x HTTP/1.1\n${HOST}\r\n`, 'version-not-supported'],
    ['a space before the first field', `GET /x HTTP/1.1\r\n ${HOST}\r\n`, 'request-invalid'],
    ['a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'version-not-supported'],
    ['an unknown method', `FOO /x HTTP/1.1\r\n${HOST}\r\n`, 'request-invalid'],
    ['a method in lower case', `get /x HTTP/1.1\r\n${HOST}\r\n`, 'request-invalid'],
    ['a method with a NUL', `GE\0T /x HTTP/1.1\r\n${HOST}\r\n`, 'request-invalid'],
    ['a record of TLS inside TLS', '\x16\x03\x01\x00\x05hello', 'request-invalid'],
    ['an answer', `HTTP/1.1 200 OK\r\n${HOST}\r\n`, 'request-invalid'],
    ['CONNECT', `CONNECT localhost:443 HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`, 'method-not-supported'],
    ['CONNECT to a path', `CONNECT /admin HTTP/1.1\r\n${HOST}\r\n`, 'method-not-supported'],
  ] as const
).map(([name, bytes, code]) => ({ name, bytes, code }));

const TRACE: RefusedRow = {
  name: 'TRACE',
  bytes: `TRACE /x HTTP/1.1\r\n${HOST}Cookie: secret\r\n\r\n`,
  code: 'method-not-supported',
  goesOn: true,
};

t.test('what is plain passes', async (t) => {
  const { port, upstream } = await startAttacked(t);
  for (const bytes of [
    withField('X-A: b'),
    withField('X-A:b'),
    withField('X-A: \t b \t'),
    withField('X-A:'),
    withField('X-A: \xe4'),
    `\r\n${withField('X-A: b')}`,
    `GET /x HTTP/1.0\r\n${HOST}\r\n`,
    `PROPFIND /x HTTP/1.1\r\n${HOST}\r\n`,
    `PATCH /x HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
  ]) {
    const socket = await open(t, { port });
    const answers = readAnswers(t, socket);
    socket.write(bytes, 'latin1');
    t.match(await answers.next(), { status: 200, body: 'answered /x' }, JSON.stringify(bytes));
  }
  t.equal(upstream.received.length, 9);
});

t.test('HTTP/1.0 ends with its answer, and what stands behind it is no request', async (t) => {
  const { port, upstream } = await startAttacked(t);
  for (const behind of ['', SMUGGLED.replace('/admin', '/public')]) {
    const socket = await open(t, { port });
    const all = readAll(socket);
    socket.write(`GET /x HTTP/1.0\r\n${HOST}\r\n${behind}`);
    t.ok(splitAnswers(await all).length <= 1);
  }
  t.ok(upstream.received.length >= 1 && upstream.received.every(({ url }) => url === '/x'));
});

t.test('everything else is refused', async (t) => {
  await checkRefused(t, await startAttacked(t), [...FIELDS, ...LINES, TRACE]);
});
