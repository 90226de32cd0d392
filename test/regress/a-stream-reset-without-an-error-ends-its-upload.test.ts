// A client that resets its stream without an error, while its upload waits for the service, had left; but Node told nobody
// until the upload was read. The request went on, and by the protocol there was room for another one (as in CVE-2025-8671).
// It was the same when the service had answered before it had read the upload.

import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { END_HEADERS, ERROR, frame, headers, openRaw, POST, type RawSession, reset } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

/** RFC 9113 6.9.2. */
const FIRST_WINDOW = 65_535;
const PART = Buffer.alloc(16_000);

/** Writes as much as it may, until nobody takes more. */
async function fill({ frames, send }: RawSession): Promise<void> {
  let sent = 0;
  const room = () =>
    frames
      .filter(({ type, stream }) => type === 'WINDOW_UPDATE' && stream === 1)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(), FIRST_WINDOW - sent);
  let turns = 0;
  await until(() => {
    for (; room() >= PART.length; turns = 0, sent += PART.length) send(frame('DATA', 0, 1, PART));
    return ++turns > 50;
  });
}

/** Answers when it is told to, and reads no body. */
interface Idler {
  readonly port: number;
  readonly isAsked: () => boolean;
  answer(): void;
  /** Nothing of the request is left there; it looks by reading on. */
  readonly isFree: () => boolean;
}

async function startIdler(t: Test, protocol: 'http1' | 'http2'): Promise<Idler> {
  let [isFree, answer] = [false, undefined as (() => void) | undefined];
  const gone = () => {
    isFree = true;
  };
  const idler = { isAsked: () => answer !== undefined, answer: () => answer?.(), isFree: () => isFree };
  if (protocol === 'http2') {
    const { port } = await startHttp2Service(t, (stream) => {
      stream.once('close', gone);
      answer = () => {
        stream.respond({ ':status': 200 });
        stream.end('enough');
      };
    });
    return { port, ...idler };
  }
  const { port, server } = await startUpstream(t);
  let readOn = (): unknown => undefined;
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => {});
    request.socket.once('close', gone);
    answer = () => response.end('enough');
    // Who reads nothing does not see the end of its connection.
    readOn = () => request.resume();
  });
  const look = () => {
    readOn();
    return isFree;
  };
  return { port, ...idler, isFree: look };
}

for (const protocol of ['http1', 'http2'] as const) {
  t.test(`to a service by ${protocol}`, async (t) => {
    for (const leave of ['a reset', 'an answer'] as const) {
      const idler = await startIdler(t, protocol);
      const gateway = await startTestGateway(t, {
        upstreamPort: idler.port,
        upstreamOptions: `protocol: ${protocol}`,
        yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
      });
      const session = await openRaw(t, { port: gateway.port });
      session.send(headers(1, POST, END_HEADERS));
      await until(idler.isAsked);
      await fill(session);
      t.equal(gateway.requests().length, 0, 'it waits');
      if (leave === 'a reset') session.send(reset(1, ERROR.none));
      else {
        idler.answer();
        t.equal((await session.heard('RST_STREAM')).payload.readUInt32BE(), ERROR.none);
      }
      await until(() => gateway.requests().length === 1);
      await until(idler.isFree);
      t.match(gateway.requests(), [{ status: leave === 'a reset' ? 0 : 200, decision: 'allow' }]);
    }
  });
}
