// A handshake comes about however its hello is cut, by TCP or into TLS records, and is then the handshake of that hello:
// the server name that was read is the one that everything is judged by.

import { once } from 'node:events';
import { connect as connectPlainly, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { type ClientOptions, tlsOptions } from '../kit/client.ts';
import { writeHello } from '../kit/hello.ts';
import { records } from '../kit/hello-bytes.ts';
import { readAnswers } from '../kit/wire.ts';

type Cut = (hello: Buffer) => readonly Buffer[];

/** What stands between a TLS client and its connection, and sends its hello in pieces, each in a packet of its own. */
function cutHello(raw: Socket, cut: Cut): Duplex {
  let write = async (hello: Buffer) => {
    write = (bytes) => new Promise<void>((done) => raw.write(bytes, () => done()));
    for (const piece of cut(hello)) {
      await write(piece);
      // Another turn of the event loop for the reader, which is in this process.
      await new Promise(setImmediate);
    }
  };
  const cutting = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      void write(chunk).then(() => done());
    },
  });
  raw.on('data', (chunk: Buffer) => cutting.push(chunk)).once('close', () => cutting.destroy());
  return cutting;
}

/** The status of one request behind such a hello. */
async function ask(t: Test, options: ClientOptions, host: string, cut: Cut): Promise<number> {
  const raw = connectPlainly(options.port, '127.0.0.1').on('error', () => {});
  t.teardown(() => raw.destroy());
  raw.setNoDelay(true);
  await once(raw, 'connect');
  const socket = connect({ ...tlsOptions(options), socket: cutHello(raw, cut) }).on('error', () => {});
  const answers = readAnswers(t, socket);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const { status } = await answers.next();
  raw.destroy();
  return status;
}

const POSITIONS = 50;

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(version, async (t) => {
    const { port, alice: certificate } = await startAttacked(t);
    const options = { port, version, certificate, servername: 'secure.test' };
    const status = (cut: Cut) => ask(t, options, 'secure.test', cut);
    const fragments = (hello: Buffer) => hello.subarray(5);
    t.equal(await status((hello) => [hello]), 200, 'whole');
    const { length } = await writeHello(t, 'secure.test', 'secure.test');
    for (let turn = 0; turn < POSITIONS; turn++) {
      // The record and its header, and then all over the rest.
      const at = turn < 12 ? turn + 1 : Math.floor((turn * length) / POSITIONS);
      t.equal(await status((hello) => [hello.subarray(0, at), hello.subarray(at)]), 200, `two pieces, at ${at}`);
    }
    t.equal(await status((hello) => Array.from(hello, (byte) => Buffer.of(byte))), 200, 'one byte at a time');
    for (const size of [100, 3, 1]) {
      t.equal(await status((hello) => [records(fragments(hello), size)]), 200, `records of ${size} bytes`);
    }
    t.equal(
      await status((hello) => Array.from(records(fragments(hello), 60), (byte) => Buffer.of(byte))),
      200,
      'records of 60 bytes, one byte at a time',
    );
    t.equal(await ask(t, options, 'open.test', (hello) => [records(fragments(hello), 3)]), 421, 'it is of its host');
  });
}
