// What is answered to bytes that are no request had no time limit of its own: a client that had stopped reading, so that not
// one byte more fitted on its way, kept its connection until `timeouts.idle` was over. So did one whose idle connection was
// closed to make room.

import { once } from 'node:events';
import { Duplex } from 'node:stream';
import t from 'tap';
import { answerClientError } from '../../src/gate/client-error.ts';
import { closeBehind } from '../../src/gate/http-server.ts';

/** A connection, and what its client has read. */
function connectionOf({ isRead }: { isRead: boolean }): { socket: Duplex; read: () => string } {
  let read = '';
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      if (!isRead) return;
      read += bytes.toString();
      done();
    },
    // As TLS has still to say that it is the end.
    final(done) {
      if (isRead) done();
    },
  });
  return { socket, read: () => read };
}

const SETTINGS = { contact: undefined, page: undefined, detail: 'full' } as const;

t.test('of what is no request', async (t) => {
  const good = connectionOf({ isRead: true });
  answerClientError('request-invalid', good.socket, SETTINGS, 'request-1');
  await once(good.socket, 'close');
  t.match(good.read(), /^HTTP\/1\.1 400 .*request-invalid/s);
  const { socket } = connectionOf({ isRead: false });
  answerClientError('request-invalid', socket, SETTINGS, 'request-2');
  await once(socket, 'close');
  t.equal(socket.destroyed, true, 'it is cut off');
});

t.test('of connections that are idle', async (t) => {
  for (const isRead of [true, false]) {
    const { socket } = connectionOf({ isRead });
    closeBehind(socket);
    await once(socket, 'close');
    t.equal(socket.destroyed, true);
  }
});
