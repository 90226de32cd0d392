// Certificates are named by files, by issuer and serial number, by keys and fingerprints; what is not sure is not taken.

import { join } from 'node:path';
import t from 'tap';
import { commandsOn } from '../kit/commands.ts';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { runHere } from '../kit/process.ts';

const place = makeFolder(t);
const folder = makeConfigurationFolder(place);
const issuerSpki = folder.root.facts.publicKey.spkiHash;
const expired = folder.root.client({ cn: 'alice', notAfter: Date.now() - 60_000 });
const intermediate = folder.root.intermediate();
const below = intermediate.client({ notAfter: Date.now() - 60_000 });
const files = { alice: folder.root.client(), expired, below, stranger: makeRoot().client() };
for (const [name, { chainPem }] of Object.entries(files)) folder.write(`${name}.pem`, chainPem);
const fileOf = (name: string) => join(place, name);

/** Configuration with that directory. */
function configure(name: string, directory?: string): string {
  folder.write(name, configurationText(directory === undefined ? {} : { directory: `{ url: "${directory}" }` }));
  return fileOf(name);
}

const file = configure('clients.yaml', 'sqlite:clients.db');
const add = (...args: string[]) => runHere(t, ['clients', 'add', ...args, '-c', file]);

t.test('a certificate file', async (t) => {
  const { json } = commandsOn(t, file, place);
  const matchOf = async (name: string) => {
    type Listed = { credentials: { match: object }[] }[];
    return (await json<Listed>('clients', 'list', '--account', name))[0]?.credentials[0]?.match;
  };
  const serialOf = (name: keyof typeof files) => files[name].facts.serial;
  t.match(await add('good', '--cert', fileOf('alice.pem')), { code: 0, stderr: '' });
  t.strictSame(await matchOf('good'), { kind: 'issuer-serial', issuerSpki, serial: serialOf('alice') });
  const warned = { code: 0, stderr: /no trust store accepts it at the moment: certificate-expired\n$/ };
  t.match(await add('old', '--cert', fileOf('expired.pem')), warned);
  t.strictSame(await matchOf('old'), { kind: 'issuer-serial', issuerSpki, serial: serialOf('expired') });
  t.match(await add('below', '--cert', fileOf('below.pem')), warned);
  const ofIntermediate = { issuerSpki: intermediate.facts.publicKey.spkiHash, serial: serialOf('below') };
  t.strictSame(await matchOf('below'), { kind: 'issuer-serial', ...ofIntermediate }, 'as its client sends it');
  const stranger = ['x', '--cert', fileOf('stranger.pem')];
  t.match(await add(...stranger), { code: 1, stderr: /no authority .* --issuer-cert.* --by tbs/ });
  t.match(await add(...stranger, '--issuer-cert', fileOf('ca.pem')), { code: 1, stderr: /has not issued/ });
  t.match(await add(...stranger, '--by', 'tbs'), { code: 0 });
  t.match(await add('y', '--cert', fileOf('server.key')), { code: 1, stderr: /server\.key/ });
});

t.test('what is no command line', async (t) => {
  for (const [args, wanted] of [
    [['--serial', '0A'], /goes with its issuer/],
    [['--serial', '0A', '--issuer', 'CN=Test Root', '--issuer-key', issuerSpki], /goes with its issuer/],
    [['--issuer', 'CN=Test Root'], /goes with --serial/],
    [['--cert', 'alice.pem', '--serial', '0A', '--issuer', 'CN=Test Root'], /in one way/],
    [['--fingerprint', 'ab'.repeat(20)], /SHA-1/],
    [['--serial', '0G', '--issuer', 'CN=Test Root'], /hexadecimal/],
    [['--until', 'soon'], /expected a date/],
    [['--log', 'x'], /--log goes with --request/],
    [['--by', 'spki'], /--by goes with --cert/],
    [['--label', 'card'], /--label is for a certificate/],
  ] as const) {
    t.match(await add('x', ...args), { code: 2, stderr: wanted }, args.join(' '));
  }
  t.match(await runHere(t, ['clients', 'update', 'alice', '-c', file]), {
    code: 2,
    stderr: /nothing is to be changed/,
  });
  for (const target of [[], ['--account', 'a', '--public-key', issuerSpki]]) {
    t.match(await runHere(t, ['block', '--reason', 'x', ...target, '-c', file]), { code: 2, stderr: /name one thing/ });
  }
  t.match(await runHere(t, ['block', '--account', 'a', '-c', file]), { code: 2, stderr: /needs a reason/ });
});

t.test('names of issuers', async (t) => {
  const named = (name: string) => add('n', '--serial', '0A', '--issuer', name);
  t.match(await named('CN=Nobody'), {
    code: 1,
    stderr: /no authority of the trust stores has this name; there are CN=Test Root\n$/,
  });
  t.match(await named('CN=Test Root,O=Acme'), { code: 1 }, 'the whole name');
  t.match(await named('cn = test root'), { code: 0 });
  const namesake = makeRoot();
  folder.write('namesake.pem', namesake.pem);
  const trust =
    '{ one: { anchors: [ca.pem], revocation: { mode: "off" } }, two: { anchors: [namesake.pem], revocation: { mode: "off" } } }';
  const sites = '[{ hosts: [localhost], trust: one, upstream: echo, clientCertificate: require }]';
  folder.write('two.yaml', configurationText({ trust, sites, directory: '{ url: "sqlite:clients.db" }' }));
  const two = (...args: string[]) =>
    runHere(t, ['clients', 'add', 'm', '--serial', '0B', ...args, '-c', fileOf('two.yaml')]);
  t.match(await two('--issuer', 'CN=Test Root'), { code: 1, stderr: /2 authorities have this name/ });
  t.match(await two('--issuer-cert', fileOf('namesake.pem')), { code: 0 });
});

t.test('no directory', async (t) => {
  const list = (config: string) => runHere(t, ['clients', 'list', '-c', config]);
  t.match(await list(configure('without.yaml')), { code: 1, stderr: /^portcullis: .*directory: \{\}.*\n$/ });
  t.match(await list(configure('absent.yaml', 'sqlite:absent.db')), {
    code: 1,
    stderr: /there is no database of clients/,
  });
  t.match(await list(configure('away.yaml', 'postgres://x@127.0.0.1:1/clients')), {
    code: 1,
    stderr: /^portcullis: the directory of clients cannot be used: [^\n]+\n$/,
  });
});
