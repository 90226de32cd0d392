// JSON or HTML, a contact, a page of the operator's own, nothing but the code, nothing at all for HEAD; never stored.

import t, { type Test } from 'tap';
import { checkRefusal, open, type RequestOptions, send } from '../kit/client.ts';
import { type GatewayOptions, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';
import { readAnswers } from '../kit/wire.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

async function start(t: Test, refusal = '{}', options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    yaml: `
refusal: ${refusal}
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }
`,
    ...options,
  });
  const alice = gateway.pki.issuing.client({ cn: 'alice' });
  const ask = (options: Partial<RequestOptions> = {}) => send(t, { port: gateway.port, ...options });
  t.equal((await ask({ certificate: alice })).status, 200, 'with a certificate it is answered');
  return { gateway, alice, ask };
}

t.test('JSON, unless HTML is preferred', async (t) => {
  const { ask } = await start(t);
  for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.9']) {
    checkRefusal(t, await ask({ headers: { accept } }), 'certificate-required');
  }
  checkRefusal(t, await ask(), 'certificate-required');
  const page = await ask({ headers: { accept: BROWSER } });
  t.equal(page.status, 403);
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': /default-src 'none'/,
  });
  t.match(page.text, /<title>A client certificate is required<\/title>/);
  t.match(page.text, /Choose or install one and connect again/);
  t.match(page.text, /403 403\.7 &middot; certificate-required &middot; [0-9a-f-]{36}/);
  t.notMatch(page.text, /\{[a-z]+\}/i, 'no placeholder is left');
});

t.test('the id in the answer is the one in the log', async (t) => {
  const { ask, gateway } = await start(t);
  const { requestId } = JSON.parse((await ask()).text);
  t.equal(gateway.requests().at(-1)?.requestId, requestId);
});

t.test('HEAD gets the head of it, and the connection goes on', async (t) => {
  const { gateway } = await start(t);
  const socket = await open(t, { port: gateway.port });
  const answers = readAnswers(t, socket);
  const text = (await send(t, { port: gateway.port })).text;
  socket.write('HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const all = await answers.rest();
  const [head = '', other = ''] = all.split(/(?<=\r\n\r\n)(?=HTTP\/1\.1 )/);
  t.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
  t.match(head, new RegExp(`\r\nContent-Length: ${text.length}\r\n`));
  t.ok(head.endsWith('\r\n\r\n'), 'there is no body');
  t.match(other, /^HTTP\/1\.1 403 Forbidden\r\n/);
  t.match(other, /"code":"certificate-required"/);
});

t.test('a contact is shown in both forms, escaped in HTML', async (t) => {
  const { ask } = await start(t, '{ contact: "Ops <ops@corp.example> & friends" }');
  t.match(JSON.parse((await ask()).text), { contact: 'Ops <ops@corp.example> & friends' });
  const { text } = await ask({ headers: { accept: 'text/html' } });
  t.match(text, /<p>Ops &lt;ops@corp\.example&gt; &amp; friends<\/p>/);
});

t.test('a page of the operator gets the values that it asks for', async (t) => {
  const files = {
    'page.html': '<i>{status} {substatus} {code} {title} {detail} {contact} {unknown}{constructor}</i>{requestId}',
  };
  const { ask } = await start(t, '{ page: page.html, contact: "a\'b" }', { files });
  const { text, headers } = await ask({ headers: { accept: 'text/html' } });
  t.equal(headers['content-type'], 'text/html; charset=utf-8');
  t.match(
    text,
    /^<i>403 403\.7 certificate-required A client certificate is required This address .* again\. a&#39;b \{unknown\}\{constructor\}<\/i>[0-9a-f-]{36}$/,
  );
  t.match(JSON.parse((await ask()).text), { code: 'certificate-required', contact: "a'b" }, 'who wants JSON gets JSON');
});

t.test('detail: code tells no more than the code', async (t) => {
  const { ask } = await start(t, '{ detail: code }');
  const problem = JSON.parse((await ask()).text);
  t.strictSame(Object.keys(problem), ['type', 'title', 'status', 'code', 'substatus', 'requestId']);
  t.notMatch((await ask({ headers: { accept: 'text/html' } })).text, /Choose or install/);
});
