// A ClientHello with any bytes in its SNI, for names that no client library sends.

import { once } from 'node:events';
import { type AddressInfo, connect as connectPlainly, createServer } from 'node:net';
import { connect } from 'node:tls';
import type { Test } from 'tap';

/** Lets a real client say hello for `placeholder`, and puts `name` in its place. Both have the same length. */
export async function writeHello(t: Test, placeholder: string, name: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => socket.on('error', () => {}).once('data', resolve));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', servername: placeholder }).on('error', () => {});
  const hello = await promise;
  client.destroy();
  server.close();
  const at = hello.indexOf(placeholder, 0, 'latin1');
  if (at < 0 || name.length !== placeholder.length) throw new Error('the placeholder does not fit');
  hello.write(name, at, 'latin1');
  t.ok(hello.includes(name, 0, 'latin1'));
  return hello;
}

export type HelloOutcome = 'server hello' | 'alert' | 'closed';

/** Sends a hello and tells what came first. */
export async function sendHello(t: Test, port: number, hello: Buffer): Promise<HelloOutcome> {
  const socket = connectPlainly(port, '127.0.0.1').on('error', () => {});
  t.teardown(() => socket.destroy());
  socket.write(hello);
  return new Promise((resolve) => {
    socket.once('close', () => resolve('closed'));
    // RFC 8446 5.1: 22 is a handshake record, 21 an alert.
    socket.once('data', (bytes: Buffer) => resolve(bytes[0] === 22 ? 'server hello' : 'alert'));
  });
}
