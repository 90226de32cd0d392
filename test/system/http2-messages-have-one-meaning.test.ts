// HTTP/2: what has two meanings, or none as HTTP, is refused, and nothing of it reaches a service. The answer says why where
// the stream can be answered; what is no HTTP/2 is reset (RFC 9113 8.1.1), and the connection goes on for the others.

import t, { type Test } from 'tap';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { startTestGateway } from '../kit/gateway.ts';
import {
  END_HEADERS,
  END_STREAM,
  ERROR,
  type Field,
  frame,
  GET,
  headers,
  openRaw,
  POST,
  type RawSession,
} from '../kit/http2-wire.ts';
import { startUpstream } from '../kit/upstream.ts';

const without = (name: string): Field[] => GET.filter(([each]) => each !== name);
const posted =
  (...fields: Field[]) =>
  (id: number) =>
    headers(id, [...POST, ...fields], END_HEADERS);
const plain =
  (...fields: Field[]) =>
  (id: number) =>
    headers(id, fields);

interface Case {
  readonly write: (id: number) => Buffer;
  /** A reason: it is answered. A code: the stream is reset. */
  readonly outcome: ReasonCode | number;
}

const CASES: Readonly<Record<string, Case>> = {
  'Host beside another :authority': { write: plain(...GET, ['host', 'secure.test']), outcome: 'request-invalid' },
  'Host in another case': { write: plain(...GET, ['host', 'LOCALHOST']), outcome: 'request-invalid' },
  'a scheme that was not spoken': {
    write: plain([':scheme', 'http'], ...without(':scheme')),
    outcome: 'request-invalid',
  },
  'a host that is not served': {
    write: plain([':authority', 'nowhere.test'], ...without(':authority')),
    outcome: 'host-unknown',
  },
  'a site of another server name': {
    write: plain([':authority', 'secure.test'], ...without(':authority')),
    outcome: 'host-mismatch',
  },
  'a path with a dot segment': { write: plain([':path', '/a/../b'], ...without(':path')), outcome: 'path-invalid' },
  'a path with a fragment': { write: plain([':path', '/a#b'], ...without(':path')), outcome: 'path-invalid' },
  'an asterisk': { write: plain([':method', 'OPTIONS'], [':path', '*'], ...GET.slice(1, 3)), outcome: 'path-invalid' },
  CONNECT: { write: plain([':method', 'CONNECT'], [':authority', 'localhost:443']), outcome: 'method-not-supported' },
  TRACE: { write: plain([':method', 'TRACE'], ...GET.slice(1)), outcome: 'method-not-supported' },
  'a method in lower case': { write: plain([':method', 'get'], ...GET.slice(1)), outcome: 'method-not-supported' },
  'an unknown expectation': { write: plain(...GET, ['expect', 'x']), outcome: 'expectation-failed' },
  'http2-settings': { write: plain(...GET, ['http2-settings', 'AAMA']), outcome: 'request-invalid' },
  'too many fields': {
    write: plain(...GET, ...Array.from({ length: 101 }, (_, index): Field => [`x-${index}`, 'y'])),
    outcome: 'headers-too-large',
  },
  'fields too large': {
    write: plain(...GET, ['x', 'y'.repeat(8000)], ['z', 'y'.repeat(8000)], ['w', 'y'.repeat(400)]),
    outcome: 'headers-too-large',
  },
  'a length beyond the limit': { write: posted(['content-length', '9999999999999']), outcome: 'body-too-large' },
  'far too many fields': {
    write: plain(...GET, ...Array.from({ length: 300 }, (_, index): Field => [`x-${index}`, 'y'])),
    outcome: ERROR.enhanceYourCalm,
  },
  'WebSocket by extended CONNECT, which is not offered': {
    write: (id) => headers(id, [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)], END_HEADERS),
    outcome: ERROR.protocol,
  },
  'upper case': { write: plain(...GET, ['X-A', 'b']), outcome: ERROR.protocol },
  connection: { write: plain(...GET, ['connection', 'close']), outcome: ERROR.protocol },
  'transfer-encoding': { write: posted(['transfer-encoding', 'chunked']), outcome: ERROR.protocol },
  upgrade: { write: plain(...GET, ['upgrade', 'websocket']), outcome: ERROR.protocol },
  'keep-alive': { write: plain(...GET, ['keep-alive', 'x']), outcome: ERROR.protocol },
  'proxy-connection': { write: plain(...GET, ['proxy-connection', 'x']), outcome: ERROR.protocol },
  'TE other than trailers': { write: plain(...GET, ['te', 'gzip']), outcome: ERROR.protocol },
  'two Hosts': { write: plain(...GET, ['host', 'localhost'], ['host', 'localhost']), outcome: ERROR.protocol },
  'two :authority': {
    write: plain(...GET.slice(0, 3), [':authority', 'localhost'], [':path', '/x']),
    outcome: ERROR.protocol,
  },
  'no :authority': { write: plain(...without(':authority')), outcome: ERROR.protocol },
  'no :path': { write: plain(...without(':path')), outcome: ERROR.protocol },
  'no :scheme': { write: plain(...without(':scheme')), outcome: ERROR.protocol },
  'a pseudo field behind a plain one': { write: plain(['x', 'y'], ...GET), outcome: ERROR.protocol },
  'a pseudo field of answers': { write: plain(...GET, [':status', '200']), outcome: ERROR.protocol },
  'a path that does not begin with a slash': {
    write: plain([':path', 'x'], ...without(':path')),
    outcome: ERROR.protocol,
  },
  'an absolute path': { write: plain([':path', 'https://secure.test/'], ...without(':path')), outcome: ERROR.protocol },
  'a user in :authority': {
    write: plain([':authority', 'user@localhost'], ...without(':authority')),
    outcome: ERROR.protocol,
  },
  'two lengths': { write: posted(['content-length', '0'], ['content-length', '0']), outcome: ERROR.protocol },
  'a length and no body': { write: plain(...POST, ['content-length', '5']), outcome: ERROR.protocol },
  'a body shorter than its length': {
    write: (id) => Buffer.concat([posted(['content-length', '5'])(id), frame('DATA', END_STREAM, id, 'abc')]),
    outcome: ERROR.protocol,
  },
  'trailers that do not end the stream': {
    write: (id) => Buffer.concat([posted()(id), headers(id, [['x', 'y']], END_HEADERS)]),
    outcome: ERROR.protocol,
  },
  'a pseudo field in trailers': {
    write: (id) => Buffer.concat([posted()(id), frame('DATA', 0, id, 'abc'), headers(id, [[':path', '/y']])]),
    outcome: ERROR.protocol,
  },
};

async function outcomeOf(session: RawSession, stream: number): Promise<string | number> {
  const last = await session.heardAny(
    ({ type, payload, stream: of }) =>
      of === stream && (type === 'RST_STREAM' || (type === 'DATA' && payload.length > 0)),
  );
  if (last.type === 'RST_STREAM') return last.payload.readUInt32BE(0);
  const body = last.payload.toString();
  return body.startsWith('{') ? (JSON.parse(body) as { code: string }).code : body;
}

const passes = async (t: Test, session: RawSession, stream: number, what: string) => {
  session.send(headers(stream, [...GET.slice(0, 3), [':path', `/after/${stream}`]]));
  t.equal(await outcomeOf(session, stream), `answered /after/${stream}`, `${what}: the connection goes on`);
};

t.test('each of them', async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startTestGateway(t, {
    upstreamPort: upstream.port,
    serverNames: ['localhost', 'secure.test'],
    listener: 'http2: true',
    yaml: `sites:
  - { hosts: [localhost], upstream: app, clientCertificate: ignore }
  - { hosts: [secure.test], trust: corporate, upstream: app, clientCertificate: require }`,
  });
  const session = await openRaw(t, { port });
  await passes(t, session, 1, 'without a defect');
  let stream = 3;
  for (const [name, { write, outcome }] of Object.entries(CASES)) {
    session.send(write(stream));
    t.equal(await outcomeOf(session, stream), outcome, name);
    await passes(t, session, stream + 2, name);
    stream += 4;
  }
  t.equal(upstream.received.filter(({ url }) => !url.startsWith('/after/')).length, 0, 'nothing of them arrived');
});

t.test('fields that no HTTP message may have are left out on their way', async (t) => {
  const upstream = await startUpstream(t);
  const { port } = await startTestGateway(t, {
    upstreamPort: upstream.port,
    listener: 'http2: true',
    yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]',
  });
  const session = await openRaw(t, { port });
  // nghttp2 drops them one by one instead of refusing the message: no line ends where the service would see one.
  const broken: Field[] = ['a\r\nx-injected: 1', 'a\nb', 'a\0b', ' a', 'a '].map((value) => ['x-broken', value]);
  session.send(headers(1, [...GET, ...broken, ['x y', 'z'], ['x-whole', 'a\xe9']]));
  t.equal(await outcomeOf(session, 1), 'answered /x');
  const names = upstream
    .last()
    .rawHeaders.filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase());
  t.strictSame(
    names.filter((name) => name.startsWith('x-broken') || name.startsWith('x y') || name === 'x-injected'),
    [],
  );
  t.ok(upstream.last().rawHeaders.includes('a\xe9'));
});
