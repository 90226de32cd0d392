// `crl status`: every list with its source, age and state, and whom the gateway would refuse for want of one.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { judgeAlone } from '../../src/app/judge-alone.ts';
import { reportLists, type StoreReport } from '../../src/app/report-lists.ts';
import { type ConfigurationFolder, configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { runHere, runProcess } from '../kit/process.ts';
import { deltaOf, issuingDistributionPoint } from '../unit/revocation/crl-extensions.ts';
import { startListServer } from '../unit/revocation/list-server.ts';

const HOUR_MS = 3_600_000;
const now = Date.now();

interface StatusFolder extends ConfigurationFolder {
  readonly path: string;
  configure(revocation: string): void;
  report(options?: { online?: boolean; at?: number }): Promise<StoreReport>;
}

/** One authority, and no list yet. */
function makeStatusFolder(t: Test): StatusFolder {
  const path = makeFolder(t);
  const folder = makeConfigurationFolder(path);
  mkdirSync(join(path, 'lists'));
  return {
    ...folder,
    path,
    configure(revocation) {
      folder.write(
        'portcullis.yaml',
        configurationText({ trust: `{ corporate: { anchors: [ca.pem], revocation: ${revocation} } }` }),
      );
    },
    async report({ online = false, at = now } = {}) {
      const { configuration, problems } = await folder.load({ now: at });
      if (configuration === undefined) throw new Error(JSON.stringify(problems));
      const judging = await judgeAlone(configuration, { now: at, online });
      const [store] = await reportLists(configuration, judging, { now: at, online }).finally(judging.close);
      return store as StoreReport;
    },
  };
}

const hard = (rest: string) => `{ mode: hard, ${rest} }`;

t.test('the state of each list', async (t) => {
  const folder = makeStatusFolder(t);
  const { root } = folder;
  const lists = {
    'current.crl': root.crl({ number: 5, revoked: ['0A', '0B'] }),
    'delta.crl': root.crl({ number: 6, extensions: [deltaOf(5)] }),
    'foreign.crl': makeRoot({ name: 'Somebody' }).crl(),
    'later.crl': root.crl({ number: 7, thisUpdate: now + HOUR_MS }),
    'older.crl': root.crl({ number: 4, thisUpdate: now - 3 * HOUR_MS }),
    'overdue.crl': root.crl({
      number: 3,
      nextUpdate: now - HOUR_MS,
      extensions: [issuingDistributionPoint({ only: 'users' })],
    }),
    'strange.crl': root.crl({ number: 8, extensions: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(5, 0) }] }),
  };
  for (const [name, { pem }] of Object.entries(lists)) folder.write(`lists/${name}`, pem);
  folder.configure(hard('crl: [lists]'));
  const { lists: reported, ...rest } = await folder.report();
  const stateOf = (name: string) => reported.find(({ source }) => source.endsWith(`/${name}`));
  t.match(stateOf('current.crl'), {
    state: 'in force',
    issuer: 'CN=Test Root',
    number: 5n,
    entries: 2,
    isDelta: false,
  });
  t.match(stateOf('delta.crl'), { state: 'in force', isDelta: true });
  t.match(stateOf('foreign.crl'), { state: 'unusable', why: 'comes from no authority of the trust store' });
  t.match(stateOf('later.crl'), { state: 'not yet', why: undefined });
  t.match(stateOf('older.crl'), { state: 'superseded' });
  t.match(stateOf('overdue.crl'), { state: 'overdue' });
  t.match(stateOf('strange.crl'), { state: 'unusable', why: /critical extension 1\.2\.3/ });
  t.strictSame(rest, { trust: 'corporate', mode: 'hard', depth: 'chain', silent: [], missing: [], refuses: false });
});

t.test('who would be refused', async (t) => {
  const folder = makeStatusFolder(t);
  const issuing = folder.root.intermediate({ name: 'Issuing' });
  const rootList = folder.root.crl({ nextUpdate: now + 9 * HOUR_MS });
  folder.write('ca.pem', folder.root.pem + issuing.pem);
  folder.write('ca.crl', rootList.pem + issuing.crl({ nextUpdate: now + HOUR_MS }).pem);
  folder.configure(hard('crl: [ca.crl]'));
  t.match(await folder.report(), { missing: [], refuses: false });

  t.match(await folder.report({ at: now + 2 * HOUR_MS }), {
    missing: [{ issuer: 'CN=Issuing', why: /is past its nextUpdate/ }],
    refuses: true,
  });
  folder.configure(hard('crl: [ca.crl], maxStale: 2h'));
  t.match(await folder.report({ at: now + 2 * HOUR_MS }), { missing: [], refuses: false }, 'maxStale');
  folder.configure('{ mode: soft, crl: [ca.crl] }');
  t.match(await folder.report({ at: now + 2 * HOUR_MS }), { missing: [{}], refuses: false }, 'soft');
  folder.configure(hard('crl: [ca.crl], cdp: true, allowHosts: [pki.example]'));
  t.match(await folder.report({ at: now + 2 * HOUR_MS }), { missing: [{}], refuses: false }, 'another source');
  folder.configure('{ mode: "off", crl: [ca.crl] }');
  t.match(await folder.report({ at: now + 2 * HOUR_MS }), { lists: [], missing: [], refuses: false }, 'off');

  folder.write('ca.crl', issuing.crl().pem);
  folder.configure(hard('crl: [ca.crl]'));
  t.match(await folder.report(), {
    missing: [{ issuer: 'CN=Test Root', why: /no CRL of CN=Test Root is known/ }],
    refuses: true,
  });
  folder.configure(hard('depth: leaf, crl: [ca.crl]'));
  t.match(await folder.report(), { missing: [], refuses: false }, 'the root issues no leaves');
});

t.test('lists that cover a part answer for what they cover', async (t) => {
  const folder = makeStatusFolder(t);
  folder.configure(hard('crl: [ca.crl]'));
  const parts = [
    issuingDistributionPoint({ only: 'authorities' }),
    issuingDistributionPoint({ only: 'users' }),
    issuingDistributionPoint({ name: { uri: 'http://pki.example/1.crl' } }),
  ];
  for (const part of parts) {
    folder.write('ca.crl', folder.root.crl({ extensions: [part] }).pem);
    t.match(await folder.report(), { missing: [], refuses: false });
  }
  folder.write('ca.crl', folder.root.crl({ number: 2, extensions: [deltaOf(1)] }).pem);
  t.match(await folder.report(), { missing: [{ why: 'a delta CRL has no base' }], refuses: true });
});

t.test('a renewed key signs for the one before', async (t) => {
  const folder = makeStatusFolder(t);
  const first = makeRoot({ name: 'Renewed' });
  const second = makeRoot({ name: 'Renewed' });
  const link = first.intermediate({ name: 'Renewed', key: second.key });
  folder.write('ca.pem', first.pem + second.pem + link.pem);
  folder.write('ca.crl', second.crl().pem);
  folder.configure(hard('crl: [ca.crl]'));
  t.match(await folder.report(), { missing: [], refuses: false });
  folder.write('ca.pem', first.pem + second.pem);
  t.match(await folder.report(), { missing: [{ issuer: 'CN=Renewed' }], refuses: true }, 'the name alone is nothing');
});

t.test('addresses', async (t) => {
  const folder = makeStatusFolder(t);
  const server = await startListServer(t, folder.root.crl({ number: 3 }).der);
  folder.configure(hard(`crl: ["${server.url}?key=secret"]`));
  t.match(await folder.report({ online: true }), {
    lists: [{ source: server.url, state: 'in force', number: 3n }],
    silent: [],
    refuses: false,
  });
  const asked = server.requests.length;
  t.match(await folder.report(), { lists: [], silent: [{ address: server.url, why: 'not asked' }], refuses: false });
  t.equal(server.requests.length, asked, 'offline nobody is asked');
  server.answer = (_, response) => response.writeHead(503).end();
  t.match(await folder.report({ online: true }), {
    lists: [],
    silent: [{ address: server.url, why: 'answered with status 503' }],
    missing: [{ issuer: 'CN=Test Root' }],
    refuses: true,
  });
  server.answer = () => {};
  folder.configure(hard(`crl: ["${server.url}"], timeLimit: 100ms`));
  t.match(await folder.report({ online: true }), { silent: [{ why: 'no answer within 100 ms' }], refuses: true });
});

t.test('the command', async (t) => {
  const folder = makeStatusFolder(t);
  folder.configure(hard('crl: [ca.crl]'));
  const status = (...options: string[]) =>
    runProcess(t, ['crl', 'status', '-c', 'portcullis.yaml', ...options], { cwd: folder.path });
  const [text, json] = await Promise.all([status(), status('--json', '--offline')]);
  t.match(text, { code: 0, stderr: '' });
  t.match(
    text.stdout,
    /^corporate: mode hard, depth chain\n {2}in force {4}CN=Test Root: number 1, 0 entries, made 60 min ago, next update in 23 h, ca\.crl\n$/,
  );
  t.equal(json.code, 0);
  t.match(JSON.parse(json.stdout), {
    refuses: false,
    stores: [
      {
        trust: 'corporate',
        lists: [{ source: 'ca.crl', state: 'in force', number: '1', thisUpdate: /Z$/, nextUpdate: /Z$/ }],
      },
    ],
  });

  folder.write('ca.crl', folder.root.crl({ nextUpdate: now - HOUR_MS }).pem);
  const late = await status();
  t.equal(late.code, 1);
  t.match(late.stdout, /overdue .* next update 60 min ago.*\n {2}missing .*CN=Test Root: what it issued is refused: /);
  folder.write('portcullis.yaml', 'version: 1\nnonsense: true\n');
  t.match(await runHere(t, ['crl', 'status', '-c', join(folder.path, 'portcullis.yaml')]), {
    code: 1,
    stderr: /nonsense/,
  });
});
