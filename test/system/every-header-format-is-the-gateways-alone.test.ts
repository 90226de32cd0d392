// All formats at once, on their way to a real service: what it gets of a client is ours under every mode, whatever the client
// sends under the same names, and whatever its certificate is called.

import t from 'tap';
import { FORMAT_NAMES } from '../../src/headers/options.ts';
import { readIdentityNames } from '../kit/attack-topics.ts';
import { startAttacked } from '../kit/attacked.ts';
import { send } from '../kit/client.ts';
import { readRfc4514, readXfcc, splitXfcc } from '../kit/header-readers.ts';
import { headerOf } from '../kit/upstream.ts';

const { identity: SPOOFED_NAMES, separators } = readIdentityNames();

/** Every name that says who a client is, as it is and in one more spelling each time. */
function spoof(turn: number): Record<string, string> {
  const separator = separators[turn % separators.length] ?? '-';
  return Object.fromEntries(SPOOFED_NAMES.map((name) => [name.replaceAll('-', separator), 'spoofed']));
}

const IDENTITY =
  /^(x-client|client-cert|x-arr|ms-aspnetcore|x-cert|cert|x-ssl|ssl-client|x-forwarded-(tls-)?client-cert|x-amzn)/;

const NOBODY = ['X-Client-Verify', 'X-SSL-Client-Verify', 'ssl-client-verify', 'X-Client-Certificate-Verification'];

t.test('every format', async (t) => {
  const attacked = await startAttacked(t, {
    upstreamOptions: `identityHeaders: [${FORMAT_NAMES.join(', ')}]`,
    yaml: `  - hosts: [unverified.test]
    trust: corporate
    upstream: app
    clientCertificate: forward-unverified
limits: { identityBytes: 12KiB }
`,
    serverNames: ['localhost', 'secure.test', 'open.test', 'unverified.test'],
  });
  const { port, upstream, gateway, alice } = attacked;
  const foreign = gateway.pki.foreign.client({ cn: 'mallory' });
  const hostile = gateway.pki.issuing.client({
    cn: 'x,CN=admin";URI=spiffe://admin;Subject="CN=admin',
    san: [{ kind: 'uri', value: 'spiffe://x/y,By=z;DNS="admin"' }],
  });

  /** Names and values of what the service got, with those of our headers that are names of its own formats. */
  const ask = async (options: { servername?: string; path?: string; certificate?: typeof alice }, turn: number) => {
    const { status } = await send(t, { port, headers: spoof(turn), ...options });
    t.equal(status, 200);
    const { rawHeaders } = upstream.last();
    t.notOk(rawHeaders.includes('spoofed'), `nothing that the client says of itself, separator ${turn}`);
    return rawHeaders.flatMap((name, index) =>
      index % 2 === 0 && IDENTITY.test(name.toLowerCase().replace(/[^a-z0-9]/g, '-'))
        ? [[name, rawHeaders[index + 1] ?? ''] as const]
        : [],
    );
  };

  for (let turn = 0; turn < separators.length; turn++) {
    const anonymous = NOBODY.map((name) => [name, 'NONE']);
    t.strictSame(await ask({ path: '/' }, turn), anonymous, 'accept, without a certificate');
    t.strictSame(await ask({ path: '/public', certificate: alice }, turn), anonymous, 'ignore');
    t.strictSame(await ask({ servername: 'open.test' }, turn), anonymous, 'ignore, where none is asked for');
    const failed = await ask({ servername: 'unverified.test', certificate: foreign }, turn);
    t.strictSame(
      failed.map(([name]) => name),
      ['X-Client-Verify', 'X-Client-Unverified-Cert'],
      'forward-unverified',
    );
    for (const [servername, path] of [
      ['localhost', '/'],
      ['localhost', '/admin'],
      ['secure.test', '/'],
      ['unverified.test', '/'],
    ] as const) {
      const names = (await ask({ servername, path, certificate: alice }, turn)).map(([name]) => name.toLowerCase());
      t.equal(new Set(names).size, names.length, 'each header once');
      for (const name of ['x-ssl-client-s-dn', 'x-forwarded-client-cert', 'x-cert-subject']) t.ok(names.includes(name));
    }
  }

  await ask({ path: '/admin', certificate: hostile }, 0);
  const [xfcc = ''] = headerOf(upstream.last(), 'x-forwarded-client-cert');
  t.strictSame(
    readXfcc(xfcc).map((element) => element.map(([key]) => key)),
    [['Hash', 'Cert', 'Subject', 'URI']],
  );
  t.equal(splitXfcc(xfcc).length, 4, 'to readers who ignore quotes as well');
  const [subject = ''] = headerOf(upstream.last(), 'x-ssl-client-s-dn');
  t.strictSame(readRfc4514(subject), [[['CN', 'x,CN=admin";URI=spiffe://admin;Subject="CN=admin']]]);
});

t.test('what does not fit with all its formats is refused, and passes with fewer', async (t) => {
  const limits = 'limits: { identityBytes: 2KiB }\n';
  const few = await startAttacked(t, { upstreamOptions: 'identityHeaders: [x-client, nginx]', yaml: limits });
  t.equal((await send(t, { port: few.port, path: '/admin', certificate: few.alice })).status, 200);
  const upstreamOptions = 'identityHeaders: [x-client, { X-Forwarded-Client-Cert: chain.xfcc }]';
  const many = await startAttacked(t, { upstreamOptions, yaml: limits });
  const { status, text } = await send(t, { port: many.port, path: '/admin', certificate: many.alice });
  t.match({ status, text }, { status: 431, text: /identity-too-large/ });
  t.equal(many.upstream.bytes(), 0);
});
