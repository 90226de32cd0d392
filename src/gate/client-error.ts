// What a client gets whose bytes are no request: the parser's errors, as refusals.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ReasonCode } from '../model/reasons.ts';
import { refusalAnswer } from './refusal-answer.ts';
import type { RefusalSettings } from './runtime.ts';

const CODES: Readonly<Record<string, ReasonCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_INVALID_VERSION: 'version-not-supported',
  HPE_PAUSED_H2_UPGRADE: 'version-not-supported',
};

/**
 * Answers and closes. `answerable` is false while an answer is due on the connection: then bytes of ours would be taken
 * for it, and the connection is only closed. Gives the code of the refusal, or undefined where the client is just gone.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  answerable: boolean,
  settings: RefusalSettings,
  requestId: string,
): ReasonCode | undefined {
  const code = CODES[error.code ?? ''] ?? (error.code?.startsWith('HPE_') ? 'request-invalid' : undefined);
  if (code === undefined || !answerable || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const { status, headers, body } = refusalAnswer({ code }, requestId, undefined, settings);
  const fields = [...headers, ['Connection', 'close'] as const].map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}\r\n`), body]),
  );
  socket.once('finish', () => socket.destroy());
  return code;
}
