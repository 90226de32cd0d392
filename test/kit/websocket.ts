// Handshakes of WebSocket by hand (RFC 6455 4).

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What a client sends besides the request line and Host; the key is that of RFC 6455 1.3. */
export const UPGRADE_FIELDS = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
].join('\r\n');

/** The upstream's side: agrees, and sends back every byte that comes. */
export function answerUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const fields = ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\n\r\n`);
  socket.write(head);
  socket.pipe(socket);
}
