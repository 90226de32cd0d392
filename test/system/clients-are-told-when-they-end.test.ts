// The header that tells a client when its certificate ends: to whom it is told, when, and by whom alone.

import t from 'tap';
import { type Answer, checkRefusal, open, readUntil, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { askStream, openHttp2 } from '../kit/http2.ts';
import { startUpstream } from '../kit/upstream.ts';
import { answerUpgrade, UPGRADE_FIELDS } from '../kit/websocket.ts';

const DAY_MS = 86_400_000;
const HEADER = 'portcullis-certificate-expires';
const pki = makePki();
const clientOf = (days: number) => pki.issuing.client({ cn: 'alice', notAfter: Date.now() + days * DAY_MS });
const soon = clientOf(12.5);
const late = clientOf(31);
const NOTICE = `${new Date(soon.facts.notAfter).toISOString().replace('.000Z', 'Z')}; days=12`;
const SITES = `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths:
      /open: { clientCertificate: ignore }
      /closed: { clientCertificate: require, allow: [{ subject: { CN: bob } }] }
`;

t.test('a client whose certificate ends soon', async (t) => {
  const upstream = await startUpstream(t, {
    answer: (request, response) => {
      if (request.url?.startsWith('/claims')) response.setHeader('Portcullis_Certificate-Expires', 'never');
      if (request.url === '/claims-too') response.setHeader(HEADER, 'never');
      response.end('answered');
    },
    onUpgrade: answerUpgrade,
  });
  const yaml = `expiry: { header: true }${SITES}`;
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml });
  const { port } = gateway;
  const told = ({ headers }: Pick<Answer, 'headers'>) => headers[HEADER];

  t.equal(told(await send(t, { port, certificate: soon })), NOTICE);
  t.equal(told(await send(t, { port, certificate: soon, method: 'HEAD' })), NOTICE);
  const session = await openHttp2(t, { port, certificate: soon });
  t.equal((await askStream(t, session)).headers[HEADER], NOTICE, 'by HTTP/2');
  const socket = await open(t, { port, certificate: soon });
  socket.write(`GET /ws HTTP/1.1\r\nHost: localhost\r\n${UPGRADE_FIELDS}\r\n`);
  t.match(await readUntil(socket, (text) => text.includes('\r\n\r\n')), `\r\n${HEADER}: ${NOTICE}\r\n`);

  t.equal(told(await send(t, { port, certificate: late })), undefined, 'not yet');
  t.equal(told(await send(t, { port })), undefined, 'nobody');
  t.equal(told(await send(t, { port, certificate: soon, path: '/open' })), undefined, 'where none is read');
  const refused = await send(t, { port, certificate: soon, path: '/closed' });
  checkRefusal(t, refused, 'certificate-not-allowed');
  t.equal(told(refused), undefined);
  for (const path of ['/claims', '/claims-too']) {
    const claimed = await send(t, { port, certificate: late, path });
    t.notMatch(claimed.rawHeaders.join(), /certificate-expires/i, 'no service says it');
    t.equal(told(await send(t, { port, certificate: soon, path })), NOTICE);
  }

  await gateway.reload({ yaml: `expiry: { header: true, headerWithin: 10d }${SITES}` });
  t.equal(told(await send(t, { port, certificate: soon })), undefined, 'as soon as is configured');
  await gateway.reload({ yaml: SITES });
  t.equal(told(await send(t, { port, certificate: soon })), undefined, 'by default it is not said');
});
