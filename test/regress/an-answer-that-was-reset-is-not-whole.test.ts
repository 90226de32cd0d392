// Node ends a stream that a service resets without an error as if the service had ended it. A part of an answer looked like
// all of it; and by HTTP/1.1, behind a Content-Length, the next answer of the connection was taken for the rest. Status
// codes that are none of HTTP passed as well.

import t, { type Test } from 'tap';
import { checkRefusal, open, readAll, send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { startRawService } from '../kit/http2-raw-service.ts';
import { END_HEADERS, END_STREAM, ERROR, type Field, frame, headers, reset } from '../kit/http2-wire.ts';

const answerWith =
  (fields: readonly Field[], ...rest: ((stream: number) => Buffer)[]) =>
  (stream: number) =>
    Buffer.concat([headers(stream, fields, END_HEADERS), ...rest.map((write) => write(stream))]);

const part = (stream: number) => frame('DATA', 0, stream, 'abc');
const end = (stream: number) => frame('DATA', END_STREAM, stream);
const noError = (stream: number) => reset(stream, ERROR.none);

async function start(t: Test, answer: (stream: number) => Buffer): Promise<number> {
  const { port } = await startTestGateway(t, {
    upstreamPort: await startRawService(t, answer),
    upstreamOptions: 'protocol: http2',
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  return port;
}

for (const [name, fields] of [
  ['length not told', [[':status', '200']]],
  [
    'length told',
    [
      [':status', '200'],
      ['content-length', '6'],
    ],
  ],
] as const) {
  t.test(name, async (t) => {
    const whole = await start(t, answerWith(fields, part, part, end));
    // As a service may that does not want the rest of an upload (RFC 9113 8.1).
    const early = await start(t, answerWith(fields, part, part, end, noError));
    for (const port of [whole, early]) {
      t.match(await send(t, { port }), { status: 200, text: 'abcabc' });
      t.match(await askStream(t, await openHttp2(t, { port })), { status: 200, text: 'abcabc', resetCode: ERROR.none });
    }

    const broken = await start(t, answerWith(fields, part, noError));
    t.match(await askStream(t, await openHttp2(t, { port: broken })), { status: 200, resetCode: ERROR.internal });
    await t.rejects(send(t, { port: broken }), { code: 'ECONNRESET' });
    const socket = await open(t, { port: broken });
    socket.write('GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.equal((await readAll(socket)).split('HTTP/1.1 200').length, 2, 'nothing follows it');
  });
}

t.test('a status that is none', async (t) => {
  const statusPort = (status: string) => start(t, answerWith([[':status', status]], end));
  t.equal((await send(t, { port: await statusPort('599') })).status, 599);
  for (const status of ['600', '999', '099']) {
    const port = await statusPort(status);
    checkRefusal(t, await send(t, { port }), 'upstream-failed');
    t.equal((await askStream(t, await openHttp2(t, { port }))).status, 502);
  }
});
