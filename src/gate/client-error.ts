// What a client gets whose bytes are no request: the parser's errors, as refusals.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ReasonCode } from '../model/reasons.ts';
import { closeBehind } from './http-server.ts';
import { refusalAnswer } from './refusal-answer.ts';
import type { RefusalSettings } from './runtime.ts';

const CODES: Readonly<Record<string, ReasonCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_INVALID_VERSION: 'version-not-supported',
  HPE_PAUSED_H2_UPGRADE: 'version-not-supported',
};

/** The reason behind an error of the parser or of a time limit; undefined where the client is just gone. */
export function codeOfClientError({ code = '' }: NodeJS.ErrnoException): ReasonCode | undefined {
  return CODES[code] ?? (code.startsWith('HPE_') ? 'request-invalid' : undefined);
}

/** Answers by hand, for there is no request to respond to, and closes. */
export function answerClientError(
  code: ReasonCode,
  socket: Duplex,
  settings: RefusalSettings,
  requestId: string,
): void {
  const { status, headers, body } = refusalAnswer({ code }, requestId, undefined, settings);
  const fields = [...headers, ['Connection', 'close'] as const].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}\r\n`;
  closeBehind(socket, Buffer.concat([Buffer.from(head), body]));
}
