// All clients shared the connections to a service that speaks HTTP/2, also those whose Authorization or whose service speaks of
// the connection (NTLM, Negotiate): who came next could be taken for the one before (design rule 10).

import t from 'tap';
import { startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { startHttp2Service } from '../kit/http2-service.ts';
import { until } from '../kit/until.ts';

t.test('a connection is the one who has authenticated on it, and nobody else', async (t) => {
  const persons = new WeakMap<object, string>();
  const service = await startHttp2Service(t, (stream, headers) => {
    const { session } = stream;
    if (session === undefined) return;
    const { authorization, ':path': path } = headers;
    if (authorization?.startsWith('NTLM ')) persons.set(session, authorization.slice(5));
    const person = persons.get(session) ?? 'nobody';
    const status = path === '/private' && person === 'nobody' ? 401 : 200;
    stream.respond({ ':status': status, ...(status === 401 && { 'www-authenticate': 'NTLM' }) });
    stream.end(person);
  });
  const { port } = await startTestGateway(t, {
    upstreamPort: service.port,
    upstreamOptions: 'protocol: http2\ntimeouts: { keepAlive: 1s }',
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  const [alice, bob, carol] = [
    await openHttp2(t, { port }),
    await openHttp2(t, { port }),
    await openHttp2(t, { port }),
  ];
  const say = async (client: typeof alice, path: string, authorization?: string) =>
    (await askStream(t, client, { path, headers: authorization === undefined ? {} : { authorization } })).text;

  t.equal(await say(alice, '/'), 'nobody');
  t.equal(await say(bob, '/'), 'nobody');
  t.equal(service.sessions.length, 1, 'who has said nothing of the kind shares one');
  t.equal(await say(alice, '/', 'NTLM alice'), 'alice');
  t.equal(await say(alice, '/'), 'alice', 'she keeps hers');
  t.equal(await say(bob, '/'), 'nobody');
  t.equal(service.sessions.length, 2);
  t.equal(await say(carol, '/private'), 'nobody');
  t.equal(await say(carol, '/'), 'nobody');
  t.equal(service.sessions.length, 3, 'what answers an offer is on a connection of its own');
  await until(() => service.sessions[0]?.destroyed === true);
  t.equal(await say(alice, '/'), 'alice', 'hers is kept as long as she stays');
  alice.destroy();
  await until(() => service.sessions[1]?.destroyed === true);
});
