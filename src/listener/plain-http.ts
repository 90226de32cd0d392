// Plain HTTP on the TLS port gets an answer that a person can read.

import type { Socket } from 'node:net';

const BODY = `${JSON.stringify({
  type: 'urn:portcullis:refusal:request-invalid',
  title: 'The request is not acceptable',
  status: 400,
  detail: 'Plain HTTP was sent to a TLS port. Use https.',
  code: 'request-invalid',
})}\n`;

const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/problem+json',
  `Content-Length: ${Buffer.byteLength(BODY)}`,
  'Cache-Control: no-store',
  'Connection: close',
  '',
  BODY,
].join('\r\n');

/**
 * `raw` is the TCP connection below a handshake that failed on an HTTP request: the TLS socket above it has lost its
 * engine, and writes nothing any more. `done` is told when the answer is out, or the connection broken.
 */
export function answerPlainHttp(raw: Socket, done: () => void): void {
  raw.on('error', done);
  raw.end(ANSWER, done);
}
