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

/** The connection is closed behind the answer. */
export function answerPlainHttp(socket: Socket): void {
  socket.end(ANSWER, () => socket.destroy());
}
