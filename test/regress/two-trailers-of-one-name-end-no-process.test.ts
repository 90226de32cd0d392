// Two trailers of a name that Node knows as one of a single value, on their way to a service that speaks HTTP/2, were
// thrown where nobody caught it: any client could end the process. Fields of that kind were answered with 502.

import t from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { END_HEADERS, type Field, frame, GET, headers, openRaw, POST } from '../kit/http2-wire.ts';

t.test('trailers and fields said twice arrive twice', async (t) => {
  const service = await startHttp2Service(t);
  const { port } = await startTestGateway(t, {
    upstreamPort: service.port,
    upstreamOptions: 'protocol: http2',
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  const session = await openRaw(t, { port });
  let stream = -1;
  const ask = async (write: (stream: number) => Buffer) => {
    stream += 2;
    session.send(write(stream));
    const data = await session.heard('DATA', (each) => each.stream === stream && each.payload.length > 0);
    t.equal(data.payload.toString(), 'answered /x');
    return service.received.at(-1);
  };
  for (const name of ['x-sum', 'age', 'user-agent', 'etag']) {
    const twice: Field[] = [
      [name, '1'],
      [name, '2'],
    ];
    const got = await ask((id) => headers(id, [...GET, ...twice]));
    t.strictSame(
      got?.rawHeaders.filter((_, index, all) => all[index - 1] === name),
      ['1', '2'],
    );
    const posted = await ask((id) =>
      Buffer.concat([headers(id, POST, END_HEADERS), frame('DATA', 0, id, 'abc'), headers(id, twice)]),
    );
    t.strictSame(posted?.trailers, [name, '1', name, '2']);
  }
});
