// The invariant, over generated hosts, paths and spellings of headers and trailers: where the upstream's log holds
// something that any reader could take for a place that requires a certificate, the request came with an accepted one; and
// whatever it holds carries exactly our identity headers.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { readIdentityNames } from '../kit/attack-topics.ts';
import { type Attacked, startAttacked } from '../kit/attacked.ts';
import { open, readAll } from '../kit/client.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import type { TestCertificate } from '../kit/pki.ts';
import { headerOf, type Received } from '../kit/upstream.ts';

const RUNS = 400;
/** One for all runs, so that a failure can be had again; another one with each release is as good. */
const SEED = 20260930;

const PATH_PARTS = [
  ...[
    'admin',
    'ADMIN',
    'Admin',
    '%61dmin',
    '%2561dmin',
    'adm%69n',
    'public',
    'PUBLIC',
    'x',
    'a',
    'A',
    '2',
    '5',
    'c',
    'e',
    'f',
  ],
  ...['/', '/', '/', '//', '%2f', '%252f', '\\', '%5c', '.', '..', '%2e', '%252e', '/./', '/../', '/%2e%2e/'],
  ...[';', '/;/', ';x=1', '%3b', '#', '?', '%3f', '%', '%00', '%20', '%0a', ' ', '::$DATA', '%c0%af', '%ff', '\xe9'],
];
const PLAIN_SEGMENTS = ['admin', 'ADMIN', '%61dmin', '%2561dmin', 'administrator', 'public', 'x', 'a%20b', '%C3%A4'];
const HOST_PARTS = [
  ...['localhost', 'secure.test', 'open.test', 'SECURE.TEST', 'Localhost', 'unknown.test', '127.0.0.1', '[::1]'],
  ...['.', ':', ':443', ':8443', '@', ',', ' ', '\t', '/', '%2e', '..', '*', ''],
];
const { identity, forwarding, separators } = readIdentityNames();
const NAMES = [...identity, 'X-User', ...forwarding];

const SITES = ['localhost', 'secure.test', 'open.test'] as const;

const wildPath = fc.array(fc.constantFrom(...PATH_PARTS), { maxLength: 6 }).map((parts) => `/${parts.join('')}`);
/** Most of these are accepted, so that there is something to judge. */
const tamePath = fc
  .tuple(fc.array(fc.constantFrom(...PLAIN_SEGMENTS), { maxLength: 3 }), fc.constantFrom('', '', '', ...PATH_PARTS))
  .map(([segments, odd]) => `/${segments.join('/')}${odd}`);
const host = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...SITES) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...HOST_PARTS), { maxLength: 3 }).map((parts) => parts.join('')) },
);
const place = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...SITES).map((site) => ({ servername: site, hosts: [site as string] })) },
  {
    weight: 2,
    arbitrary: fc.record({
      servername: fc.constantFrom(...SITES, null),
      hosts: fc.array(host, { minLength: 1, maxLength: 2 }),
    }),
  },
);
const spelling = fc
  .tuple(
    fc.constantFrom(...NAMES),
    fc.array(fc.constantFrom(...separators), { minLength: 5, maxLength: 5 }),
    fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  )
  .map(([name, between, upper]) => {
    let next = 0;
    const spelt = name.replaceAll('-', () => between[next++] ?? '-');
    return [...spelt].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase())).join('');
  });
const request = fc.record({
  client: fc.constantFrom('nobody', 'alice', 'stranger'),
  place,
  path: fc.oneof(wildPath, tamePath),
  spoofed: fc.array(spelling, { maxLength: 4 }),
  trailers: fc.option(fc.array(spelling, { maxLength: 4 }), { freq: 1 }),
  hopByHop: fc.option(fc.constantFrom(...NAMES, 'Host', 'Content-Length', 'X-Request-Id')),
});
type GeneratedRequest = typeof request extends fc.Arbitrary<infer T> ? T : never;

function writeRequest({ path, place, spoofed, trailers, hopByHop }: GeneratedRequest): string {
  const spoof = (names: readonly string[]) => names.map((name) => `${name}: spoofed`);
  const lines = [
    `${trailers === null ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    ...place.hosts.map((each) => `Host: ${each}`),
    ...spoof(spoofed),
    `Connection: close${hopByHop === null ? '' : `, ${hopByHop}`}`,
    ...(trailers === null ? [] : ['Transfer-Encoding: chunked', '', '1', 'x', '0', ...spoof(trailers)]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Sends it on a connection of its own; gives what the upstream got of it. */
async function sendGenerated(t: Test, attacked: Attacked, generated: GeneratedRequest, certificate?: TestCertificate) {
  const known = attacked.upstream.received.length;
  const { port } = attacked;
  const socket = await open(t, { port, servername: generated.place.servername, certificate });
  const all = readAll(socket);
  socket.write(writeRequest(generated), 'latin1');
  await all;
  return attacked.upstream.received.slice(known);
}

/** Every way in which some upstream reads a path, each brought to the first name in it. */
function readLeniently(url: string): string[] {
  const [path = ''] = url.split(/[?#]/);
  const readings = [path, decode(path), decode(decode(path))].flatMap((text) => [text, cutParameters(text)]);
  return [...readings, decode(cutParameters(path)), decode(decode(cutParameters(path)))].map(firstSegment);
}

function decode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function cutParameters(text: string): string {
  return text.replace(/;[^/]*/g, '');
}

/** As Windows, Tomcat and the like would: any slash, dots resolved, case and trailing dots and blanks dropped. */
function firstSegment(path: string): string {
  const resolved: string[] = [];
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '..') resolved.pop();
    else if (segment !== '' && segment !== '.') resolved.push(segment);
  }
  return (resolved[0] ?? '')
    .toLowerCase()
    .replace(/(\0.*|::\$.*)$/s, '')
    .replace(/[. ]+$/, '');
}

function requiresCertificate(received: Received): boolean {
  const hosts = ['host', 'x-forwarded-host'].flatMap((name) => headerOf(received, name));
  const secure = hosts.some((value) => value.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '') === 'secure.test');
  return secure || (hosts[0] !== 'open.test' && readLeniently(received.url).includes('admin'));
}

for (const [name, urlPath] of [
  ['as strict as by default', ''],
  ['with everything allowed that can be', 'urlPath: { semicolon: allow, encodedSlash: allow, duplicateSlash: allow }'],
] as const) {
  t.test(`paths ${name}`, async (t) => {
    const attacked = await startAttacked(t, {
      localhost: urlPath,
      upstreamOptions: 'identityHeaders: [x-client, { X-User: subject.cn }]',
    });
    const { alice, gateway } = attacked;
    const stranger = gateway.pki.foreign.client({ cn: 'alice' });
    const nameOfAlice = [...writeIdentity(alice, 'CN=alice'), 'X-User', 'alice'];
    const certificates = { nobody: undefined, alice, stranger };
    let passed = 0;
    let required = 0;

    const judge = (received: Received, client: GeneratedRequest['client']) => {
      const isRequired = requiresCertificate(received);
      required += isRequired ? 1 : 0;
      assert.ok(client === 'alice' || !isRequired, `${client} reached ${received.url}`);
      const seen = identityHeadersOf(received);
      const known = client === 'alice' && (isRequired || seen.length > NOBODY.length);
      assert.deepEqual(seen, known ? nameOfAlice : NOBODY);
      assert.ok(![...received.rawHeaders, ...received.trailers].includes('spoofed'), `${received.rawHeaders}`);
      assert.equal(headerOf(received, 'host').length, 1);
    };
    const property = fc.asyncProperty(request, async (generated) => {
      const all = await sendGenerated(t, attacked, generated, certificates[generated.client]);
      assert.ok(all.length <= 1, 'one request is not several');
      for (const received of all) judge(received, generated.client);
      passed += all.length;
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    t.comment(`${passed} of ${RUNS} reached the upstream, ${required} of them a place that requires a certificate`);
    t.ok(passed > RUNS / 8 && required > RUNS / 40, 'enough of them pass to mean something');
  });
}
