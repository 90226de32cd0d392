// A client that ended its connection by GOAWAY with an error was told of, in the log and in the metrics, as one that the gateway
// had cut off: whoever watched for floods saw them where there were none.

import t from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { END_STREAM, ERROR, frame, GET, headers, openRaw, uint32 } from '../kit/http2-wire.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('GOAWAY with an error, and a true fault', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  const cutOff = () => gateway.lines.filter(({ message }) => message === 'a connection by HTTP/2 was cut off').length;
  for (const code of [ERROR.none, ERROR.internal, ERROR.enhanceYourCalm]) {
    const leaving = await openRaw(t, { port: gateway.port });
    leaving.send(frame('GOAWAY', 0, 0, Buffer.concat([uint32(0), uint32(code)])));
    await leaving.ended();
  }
  t.equal(cutOff(), 0);
  const faulty = await openRaw(t, { port: gateway.port });
  faulty.send(headers(1, GET), frame('DATA', END_STREAM, 1, 'behind the end'));
  await faulty.ended();
  await until(() => cutOff() === 1);
});
