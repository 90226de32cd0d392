// Who comes beside the good clients of the soak: new certificates, bad ones and none, bad requests, bytes that are no
// handshake, clients that leave in the middle. Each must get what is due, and cost nothing that stays.

import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { tlsOptions } from '../../test/kit/client.ts';
import type { TestPki } from '../../test/kit/gateway.ts';
import type { TestCertificate } from '../../test/kit/pki.ts';

export interface Stranger {
  readonly name: string;
  /** Comes once; rejects when it got something else than what is due. */
  come(): Promise<void>;
}

export function makeStrangers(pki: TestPki, port: number, revoked: TestCertificate): readonly Stranger[] {
  const stranger = pki.foreign.client({ cn: 'stranger' });
  const old = pki.issuing.client({ cn: 'old', notAfter: Date.now() - 86_400_000 });
  const good = pki.issuing.client({ cn: 'good' });
  let number = 0;
  const get = '/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const asks = (due: number, request: string, makeCertificate: () => TestCertificate | undefined) => async () => {
    const answer = await exchange(port, request, makeCertificate());
    if (!answer.startsWith(`HTTP/1.1 ${due} `)) throw new Error(`${due} was due: ${answer.slice(0, 60)}`);
  };
  return [
    { name: 'new certificates', come: asks(200, `GET ${get}`, () => pki.issuing.client({ cn: `new-${number++}` })) },
    { name: 'no certificate', come: asks(403, `GET ${get}`, () => undefined) },
    { name: 'foreign certificates', come: asks(403, `GET ${get}`, () => stranger) },
    { name: 'expired certificates', come: asks(403, `GET ${get}`, () => old) },
    { name: 'revoked certificates', come: asks(403, `GET ${get}`, () => revoked) },
    { name: 'bad paths', come: asks(400, `GET /%2e%2e${get}`, () => good) },
    { name: 'other hosts', come: asks(421, `GET ${get.replace('localhost', 'elsewhere')}`, () => good) },
    { name: 'no handshake', come: () => leave(port, Buffer.from('what is this\r\n\r\n')) },
    { name: 'half a handshake', come: () => leave(port, Buffer.from([0x16, 3, 1, 2, 0, 1])) },
    { name: 'half an upload', come: () => leaveUpload(port, good) },
  ];
}

/** All that comes back until the connection is closed. */
function exchange(port: number, request: string, certificate: TestCertificate | undefined): Promise<string> {
  const socket = connect(tlsOptions({ port, certificate }), () => socket.write(request));
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.once('close', () => resolve(text));
  });
}

function leave(port: number, bytes: Buffer): Promise<void> {
  const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes, () => socket.end()));
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function leaveUpload(port: number, certificate: TestCertificate): Promise<void> {
  const socket: TLSSocket = connect(tlsOptions({ port, certificate }), () => {
    const head = 'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n';
    socket.write(head + 'x'.repeat(50_000), () => socket.destroy());
  });
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
