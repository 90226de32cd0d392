// `crl add` writes a list only where it makes the gateway know more: signed, newer, complete, and nothing is ever lost.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readCrls } from '../../src/x509/files.ts';
import { send } from '../kit/client.ts';
import { type ConfigurationFolder, configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder, startTestGateway, writeConfiguration } from '../kit/gateway.ts';
import { openssl } from '../kit/openssl.ts';
import { type CrlOptions, makeKey, makeRoot, type TestCertificate } from '../kit/pki.ts';
import { runHere, runProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';
import { deltaOf, issuingDistributionPoint } from '../unit/revocation/crl-extensions.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const now = Date.now();

const TRUST = '{ corporate: { anchors: [ca.pem], revocation: { mode: hard, crl: [ca.crl, lists] } } }';

interface AddFolder extends ConfigurationFolder {
  readonly path: string;
  add(bytes: string | Uint8Array, ...options: string[]): Promise<{ code: number; stderr: string }>;
  /** What is in the folder of lists, by name. */
  held(folder?: string): Record<string, string>;
}

/** With the list number 1, an hour old, in ca.crl, and a folder for more. */
function makeAddFolder(t: Test, trust = TRUST): AddFolder {
  const path = makeFolder(t);
  const folder = makeConfigurationFolder(path);
  folder.write('portcullis.yaml', configurationText({ trust }));
  for (const name of ['lists', 'more']) mkdirSync(join(path, name));
  const held = (name = 'lists') =>
    Object.fromEntries(
      readdirSync(join(path, name))
        .filter((file) => !file.startsWith('.'))
        .map((file) => [file, readFileSync(join(path, name, file)).toString('hex')]),
    );
  return {
    ...folder,
    path,
    held,
    add(bytes, ...options) {
      folder.write('new.crl', bytes);
      return runHere(t, ['crl', 'add', join(path, 'new.crl'), '-c', join(path, 'portcullis.yaml'), ...options]);
    },
  };
}

/** Newer than the one that is there. */
function newer(issuer: TestCertificate, number: number, options: CrlOptions = {}) {
  return issuer.crl({ number, thisUpdate: now - MINUTE_MS * (30 - number), ...options });
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

t.test('newer lists, in any form', async (t) => {
  const folder = makeAddFolder(t);
  t.match(
    (await folder.load()).problems,
    [{ severity: 'error', message: /lists is empty/ }],
    'a gateway would not start',
  );
  const second = newer(folder.root, 2);
  t.match(await folder.add(second.pem), { code: 0 });
  t.strictSame((await folder.load()).problems, []);
  t.strictSame(Object.values(folder.held()), [hexOf(second.der)]);
  const [file = ''] = Object.keys(folder.held());
  t.equal(statSync(join(folder.path, 'lists', file)).mode & 0o777, 0o644 & ~process.umask());

  const third = newer(folder.root, 3);
  t.match(await folder.add(third.der), { code: 0 });
  t.strictSame(folder.held(), { [file]: hexOf(third.der) }, 'it takes the place of the one before');

  const fourth = newer(folder.root, 4);
  folder.write('four.crl', fourth.pem);
  openssl(folder.path, 'crl2pkcs7', '-in', 'four.crl', '-outform', 'DER', '-out', 'four.p7b');
  t.match(await folder.add(readFileSync(join(folder.path, 'four.p7b'))), { code: 0 });
  t.strictSame(folder.held(), { [file]: hexOf(fourth.der) });

  t.match(await folder.add(fourth.pem), { code: 0 }, 'what is there already is no mistake');
  t.strictSame(folder.held(), { [file]: hexOf(fourth.der) });
  t.match(await folder.add(folder.root.crl().pem), {
    code: 1,
    stderr: /number 1 of .* is older than .* number 4 of .* in /,
  });
});

t.test('each scope has a place of its own', async (t) => {
  const folder = makeAddFolder(t);
  const lists = [
    newer(folder.root, 2),
    newer(folder.root, 3, { extensions: [deltaOf(2)] }),
    newer(folder.root, 4, { extensions: [issuingDistributionPoint({ only: 'users' })] }),
  ];
  t.match(await folder.add(lists.map(({ pem }) => pem).join('')), { code: 0 });
  t.strictSame(new Set(Object.values(folder.held())), new Set(lists.map(({ der }) => hexOf(der))));
  t.match(await folder.add(newer(folder.root, 5, { extensions: [deltaOf(2)] }).pem), { code: 0 });
  t.equal(Object.keys(folder.held()).length, 3, 'the newer delta replaces the older one');
});

interface Refused {
  readonly name: string;
  readonly make: (folder: AddFolder) => string | Uint8Array;
  readonly stderr: RegExp;
}

const REFUSED: readonly Refused[] = [
  {
    name: 'of a stranger',
    make: () => newer(makeRoot({ name: 'Somebody' }), 2).pem,
    stderr: /CRL number 2 of CN=Somebody comes from no authority/,
  },
  {
    name: 'signed by a stranger of the same name',
    make: () => newer(makeRoot(), 2).pem,
    stderr: /CRL number 2 of CN=Test Root names another key of the issuer/,
  },
  {
    name: 'badly signed',
    make: ({ root }) => newer(root, 2, { signWith: makeKey('ec') }).pem,
    stderr: /is not signed by the issuer’s key \(signature-wrong\)/,
  },
  {
    name: 'older',
    make: ({ root }) => root.crl({ number: 0, thisUpdate: now - DAY_MS }).pem,
    stderr: /number 0 of CN=Test Root is older than CRL number 1 of CN=Test Root in .*ca\.crl/,
  },
  {
    name: 'newer by number, older by date',
    make: ({ root }) => root.crl({ number: 2, thisUpdate: now - DAY_MS }).pem,
    stderr: /is not newer by both number and date than/,
  },
  {
    name: 'run out',
    make: ({ root }) => newer(root, 2, { nextUpdate: now - MINUTE_MS }).pem,
    stderr: /has run out \(next update .*\): ask for the current one/,
  },
  {
    name: 'of the future',
    make: ({ root }) => newer(root, 2, { thisUpdate: now + 60 * MINUTE_MS }).pem,
    stderr: /is valid from .* only/,
  },
  {
    name: 'with something critical that nobody knows',
    make: ({ root }) =>
      newer(root, 2, { extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] }).pem,
    stderr: /has the unknown critical extension 1\.2\.3\.4/,
  },
  {
    name: 'a delta without its base',
    make: ({ root }) => newer(root, 3, { extensions: [deltaOf(2)] }).pem,
    stderr: /delta CRL number 3 of .* completes a CRL that is not there/,
  },
  {
    name: 'one of two',
    make: ({ root }) => newer(root, 2).pem + newer(makeRoot({ name: 'Somebody' }), 2).pem,
    stderr: /CN=Somebody/,
  },
  {
    name: 'two of which one replaces the other',
    make: ({ root }) => newer(root, 2).pem + newer(root, 3).pem,
    stderr: /number 2 of .* is older than .* number 3 of .* in the same file/,
  },
  {
    name: 'beside something that cannot be read',
    make: ({ root }) => `${newer(root, 2).pem}-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n`,
    stderr: /new\.crl:\d+: /,
  },
  { name: 'no list', make: ({ root }) => root.pem, stderr: /holds no CRL/ },
];

for (const { name, make, stderr } of REFUSED) {
  t.test(`refused: ${name}`, async (t) => {
    const good = makeAddFolder(t);
    t.match(await good.add(newer(good.root, 2).pem), { code: 0 }, 'without the defect it is taken');
    const folder = makeAddFolder(t);
    t.match(await folder.add(make(folder)), { code: 1, stderr });
    t.strictSame(folder.held(), {}, 'nothing is written');
  });
}

t.test('all problems at once', async (t) => {
  const folder = makeAddFolder(t);
  const bad = newer(folder.root, 2, { nextUpdate: now - MINUTE_MS, extensions: [deltaOf(2)] });
  const { code, stderr } = await folder.add(bad.pem + newer(makeRoot({ name: 'Somebody' }), 2).pem);
  t.equal(code, 1);
  for (const part of [/has run out/, /completes a CRL/, /CN=Somebody/, /nothing was written/]) t.match(stderr, part);
});

t.test('trust stores', async (t) => {
  const store = (revocation: string) => `{ anchors: [ca.pem], revocation: { ${revocation} } }`;
  const both = `{ one: ${store('mode: hard, crl: [lists]')}, two: ${store('mode: soft, crl: [more, ca.crl]')} }`;
  const site = '[{ hosts: [localhost], trust: one, upstream: echo, clientCertificate: require }]';
  const make = (trust: string) => {
    const folder = makeAddFolder(t);
    folder.write('portcullis.yaml', configurationText({ trust, sites: site }));
    return folder;
  };

  const all = make(both);
  const list = newer(all.root, 2);
  t.match(await all.add(list.pem), { code: 0 });
  t.strictSame([Object.values(all.held()), Object.values(all.held('more'))], [[hexOf(list.der)], [hexOf(list.der)]]);

  const single = make(both);
  t.match(await single.add(newer(single.root, 2).pem, '--trust', 'two'), { code: 0 });
  t.strictSame([Object.keys(single.held()).length, Object.keys(single.held('more')).length], [0, 1]);
  t.match(await single.add(newer(single.root, 3).pem, '--trust', 'three'), {
    code: 1,
    stderr: /there is no trust store "three"; there are "one", "two"/,
  });

  const without = make(`{ one: ${store('mode: hard, crl: [ca.crl]')} }`);
  t.match(await without.add(newer(without.root, 2).pem), {
    code: 1,
    stderr: /name a folder under its `revocation\.crl`/,
  });

  const off = make(`{ one: { anchors: [ca.pem] } }`);
  t.match(await off.add(newer(off.root, 2).pem), { code: 1, stderr: /revocation is off in trust store "one"/ });

  const broken = make(both);
  broken.write('portcullis.yaml', 'version: 1\nnonsense: true\n');
  t.match(await broken.add(newer(broken.root, 2).pem), { code: 1, stderr: /nonsense/ });
  t.match(
    await runHere(t, ['crl', 'add', join(broken.path, 'none.crl'), '-c', join(make(both).path, 'portcullis.yaml')]),
    {
      code: 1,
      stderr: /none\.crl/,
    },
  );
});

t.test('a file that cannot be written', async (t) => {
  const folder = makeAddFolder(t);
  t.match(await folder.add(newer(folder.root, 2).pem), { code: 0 });
  const [name = ''] = Object.keys(folder.held());
  const file = join(folder.path, 'lists', name);
  rmSync(file);
  mkdirSync(file);
  const { code, stderr } = await folder.add(newer(folder.root, 3).pem);
  t.equal(code, 1);
  t.ok(stderr.includes(`${file} cannot be written: `), stderr);
});

t.test('what was broken off before', async (t) => {
  const folder = makeAddFolder(t);
  t.match(await folder.add(newer(folder.root, 2).pem), { code: 0 });
  const [file = ''] = Object.keys(folder.held());
  writeFileSync(join(folder.path, 'lists', `.${file}.new`), 'half a list');
  t.match((await folder.load()).problems, [], 'nobody reads it');
  const third = newer(folder.root, 3);
  t.match(await folder.add(third.pem), { code: 0 });
  t.strictSame(folder.held(), { [file]: hexOf(third.der) });
});

t.test('two at the same time', async (t) => {
  const folder = makeAddFolder(t);
  const numbers = [2, 3, 4];
  const ended = await Promise.all(
    numbers.map((number) => {
      folder.write(`${number}.crl`, newer(folder.root, number).pem);
      return runProcess(t, ['crl', 'add', `${number}.crl`, '-c', 'portcullis.yaml'], { cwd: folder.path });
    }),
  );
  const taken = numbers.filter((_, index) => ended[index]?.code === 0);
  t.ok(taken.length > 0, 'one of them at least is taken');
  const held = Object.values(folder.held()).flatMap((hex) => readCrls(Buffer.from(hex, 'hex')).crls);
  t.strictSame(
    held.map(({ facts }) => facts.crlNumber),
    [BigInt(Math.max(...taken))],
    'none takes the place of a newer one',
  );
});

t.test('a gateway takes it when it reloads', async (t) => {
  const upstream = await startUpstream(t);
  const options = {
    upstreamPort: upstream.port,
    yaml: 'sites:\n  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }\n',
    revocation: '{ mode: hard, crl: [ca.crl] }',
  };
  const gateway = await startTestGateway(t, options);
  const { issuing } = gateway.pki;
  const [alice, bob] = [issuing.client(), issuing.client({ name: 'bob' })];
  const ask = async (certificate: TestCertificate) => (await send(t, { port: gateway.port, certificate })).text;
  t.notMatch(await ask(alice), /"code"/);

  mkdirSync(join(gateway.folder, 'lists'));
  const revocation = '{ mode: hard, crl: [ca.crl, lists] }';
  const file = writeConfiguration(gateway.folder, gateway.pki, { ...options, revocation });
  const list = join(gateway.folder, 'new.list');
  writeFileSync(list, newer(issuing, 2, { revoked: [alice] }).pem);
  t.match(await runHere(t, ['crl', 'add', list, '-c', file]), { code: 0 });
  t.notMatch(await ask(alice), /"code"/, 'not yet');
  await gateway.reload({ revocation });
  t.match(await ask(alice), /"code":"certificate-revoked"/);
  t.notMatch(await ask(bob), /"code"/);
});
