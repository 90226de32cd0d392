// By HTTP/2 the target did not count against `limits.headerBytes`, and its query could hold bytes above ASCII, which HTTP/1.1
// refuses and services read each in a way of its own.

import t from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { END_STREAM, type Field, GET, headers, openRaw } from '../kit/http2-wire.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('each of them', async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: 'limits: { headerBytes: 8KiB }\nsites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  const session = await openRaw(t, { port });
  let stream = -1;
  const ask = async (path: string) => {
    stream += 2;
    const fields: Field[] = [...GET.slice(0, 3), [':path', path]];
    session.send(headers(stream, fields));
    await session.heard('DATA', (each) => each.stream === stream && (each.flags & END_STREAM) !== 0);
    const text = session.frames
      .filter((each) => each.type === 'DATA' && each.stream === stream)
      .map(({ payload }) => payload.toString())
      .join('');
    return text.startsWith('{') ? (JSON.parse(text) as { code: string }).code : text;
  };
  const long = `/x?${'q'.repeat(7900)}`;
  t.equal(await ask('/x?a=%E9'), 'answered /x?a=%E9');
  t.equal(await ask(long), `answered ${long}`);
  const passed = upstream.received.length;
  for (const byte of ['\x80', '\xe9', '\xff']) t.equal(await ask(`/x?a=${byte}`), 'request-invalid');
  t.equal(await ask(`${long}${'q'.repeat(300)}`), 'headers-too-large');
  t.equal(upstream.received.length, passed);
});
