// One client connection that asks one request after the other, as cheaply as it can.

import { connect, type TLSSocket } from 'node:tls';
import type { TestCertificate } from '../../test/kit/pki.ts';

/** What the service answers; the answers of the gateway end with it. */
export const BODY = 'x'.repeat(1024);

export interface Client {
  /** Sends a GET; resolves when its answer is there, and rejects when it is none of the service's. */
  ask(path: string): Promise<void>;
  close(): void;
}

/** Resolves when the handshake is over. */
export function connectClient(port: number, { chainPem, keyPem }: TestCertificate): Promise<Client> {
  const place = { host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false };
  const socket = connect({ ...place, cert: chainPem, key: keyPem });
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('secureConnect', () => resolve(clientOn(socket)));
  });
}

function clientOn(socket: TLSSocket): Client {
  let answered: (() => void) | undefined;
  let failed: ((fault: Error) => void) | undefined;
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    if (!text.endsWith(BODY)) return;
    if (text.startsWith('HTTP/1.1 200 ')) answered?.();
    else failed?.(new Error(text.slice(0, 200)));
    text = '';
  });
  socket.on('close', () => failed?.(new Error(`the connection was closed: ${text.slice(0, 500)}`)));
  return {
    ask: (path) =>
      new Promise((resolve, reject) => {
        [answered, failed] = [resolve, reject];
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`);
      }),
    close() {
      failed = undefined;
      socket.destroy();
    },
  };
}
