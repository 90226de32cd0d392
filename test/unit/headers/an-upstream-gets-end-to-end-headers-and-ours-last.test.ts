import t from 'tap';
import { buildRequestHeaders } from '../../../src/headers/request.ts';
import { createStripper } from '../../../src/headers/strip.ts';

const IDENTITY = ['X-Client-Verify', 'SUCCESS', 'X-Client-Subject', 'CN=alice'];

function build(raw: readonly string[], customNames: readonly string[] = []): string[] {
  const fields = buildRequestHeaders({
    raw,
    stripper: createStripper(customNames),
    host: 'app.example',
    forwarded: { for: '192.0.2.7', proto: 'https', host: 'app.example:8443' },
    requestId: 'request-1',
  });
  return [...fields, ...IDENTITY];
}

const OURS = [
  'X-Forwarded-For',
  '192.0.2.7',
  'X-Forwarded-Proto',
  'https',
  'X-Forwarded-Host',
  'app.example:8443',
  'X-Request-Id',
  'request-1',
  ...IDENTITY,
];

/** What lies between Host and ours. */
function passed(raw: readonly string[], customNames?: readonly string[]): string[] {
  return build(raw, customNames).slice(2, -OURS.length);
}

t.test('ordinary headers keep their order, case and repetitions between Host and ours', async (t) => {
  const ordinary = ['accept', '*/*', 'X-A', '1', 'COOKIE', 'a=b', 'x-a', '2', 'Content-Length', '007', 'X-Empty', ''];
  const headers = build(['Host', 'client.example', ...ordinary]);
  t.strictSame(headers, ['Host', 'app.example', ...ordinary, ...OURS]);
});

t.test('a request without headers gets ours', async (t) => {
  t.strictSame(build([]), ['Host', 'app.example', ...OURS]);
});

t.test('spoofed names do not pass', async (t) => {
  const spoofed = [
    ['X-Client-Subject', 'CN=admin'],
    ['x_client_verify', 'SUCCESS'],
    ['X.Client.San', 'DNS:admin'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Real-IP', '127.0.0.1'],
    ['X-Request-Id', 'spoofed'],
    ['X_DN', 'CN=admin'],
    ['Content_Length', '5'],
    ['Host', 'other.example'],
  ].flat();
  t.strictSame(passed(['Accept', '*/*', ...spoofed, 'X-B', '2'], ['X-DN']), ['Accept', '*/*', 'X-B', '2']);
});

t.test('headers of the connection, Expect and pseudo-headers do not pass', async (t) => {
  const hop = [
    ['Connection', 'keep-alive'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Connection', 'keep-alive'],
    ['Proxy-Authorization', 'Basic eDp5'],
    ['Proxy', 'http://192.0.2.1'],
    ['Trailer', 'X-Checksum'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['HTTP2-Settings', 'AAMAAABk'],
    ['Expect', '100-continue'],
    [':path', '/'],
  ].flat();
  t.strictSame(passed([...hop, 'X-B', '2']), ['X-B', '2']);
});

t.test('what Connection names is removed, but nothing of ours', async (t) => {
  const raw = ['X-Hop', '1', 'X-End', '2'];
  t.strictSame(passed(raw), raw);
  const named = [
    'Connection',
    'close, X-HOP ,x-client-subject,X-Client-Verify',
    'connection',
    'x-forwarded-for,x-request-id',
  ];
  t.strictSame(build([...named, ...raw]), ['Host', 'app.example', 'X-End', '2', ...OURS]);
});

t.test('Connection cannot remove what the request was judged by', async (t) => {
  const raw = ['Content-Length', '3', 'Content-Type', 'text/plain', 'Cookie', 'a=b', 'Authorization', 'Basic eDp5'];
  const upgrade = ['Origin', 'https://app.example', 'Sec-WebSocket-Key', 'AAAA', 'Sec-WebSocket-Version', '13'];
  for (const request of [raw, upgrade]) {
    const names = ['host', ...request.filter((_, index) => index % 2 === 0)];
    t.strictSame(build(['Connection', names.join(', '), ...request]), ['Host', 'app.example', ...request, ...OURS]);
  }
});

t.test('TE passes as trailers, and only where the client takes them', async (t) => {
  t.strictSame(passed(['TE', 'trailers', 'Connection', 'TE']), ['TE', 'trailers']);
  t.strictSame(passed(['te', 'gzip;q=0.5, Trailers', 'TE', 'trailers']), ['TE', 'trailers']);
  t.strictSame(passed(['TE', 'gzip']), []);
  t.strictSame(passed(['TE', 'no-trailers']), []);
});
