// portcullis explain: the same answer as from the running gateway, offline, with every step on the way.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import t from 'tap';
import { judgeAlone } from '../../src/app/judge-alone.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { type Explanation, explainRequest } from '../../src/decision/explain.ts';
import { readCertificates } from '../../src/x509/files.ts';
import { makeDemoFolderWithCertificates, startDemo } from '../kit/demo.ts';
import { runHere, runProcess } from '../kit/process.ts';

interface Explained {
  readonly allowed: boolean;
  readonly code?: string;
  readonly check?: string;
  readonly substatus?: string;
  readonly windows?: object;
  readonly request: readonly ExplainedStep[];
  readonly trust: readonly { store: string; path: readonly ExplainedCertificate[] }[];
  readonly conclusion: readonly ExplainedStep[];
}

interface ExplainedStep {
  readonly step: string;
  readonly outcome: string;
  readonly note: string;
}

interface ExplainedCertificate {
  readonly subject: string;
  readonly checks: readonly { check: string; outcome: string }[];
  readonly revocation?: object;
}

const CLIENTS = [undefined, 'alice', 'bob', 'expired', 'revoked', 'foreign'] as const;

const folder = await makeDemoFolderWithCertificates(t);

async function explain(...args: string[]): Promise<Explained & { exit: number | null }> {
  const { code, stdout, stderr } = await runProcess(t, ['explain', '--json', ...args], { cwd: folder });
  t.notMatch(stderr, /error/);
  return { exit: code, ...(JSON.parse(stdout) as Explained) };
}

const certificateOf = (name: string | undefined) => (name === undefined ? [] : ['--cert', `certs/dev/${name}.pem`]);

t.test('the whole matrix of development certificates', async (t) => {
  const demo = await startDemo(t, folder);
  const { port } = await demo.lineWhere(({ msg }) => msg === 'listening');
  const bad = ['certificate-expired', 'certificate-revoked', 'certificate-untrusted'];
  const expected: Readonly<Record<string, readonly (string | undefined)[]>> = {
    '/': [undefined, undefined, undefined, ...bad],
    '/admin': ['certificate-required', undefined, undefined, ...bad],
    '/ADMIN/users?a=1': ['certificate-required', undefined, undefined, ...bad],
    '/public': CLIENTS.map(() => undefined),
    '/PUBLIC': [undefined, undefined, undefined, ...bad],
    '/a/../admin': CLIENTS.map(() => 'path-invalid'),
  };
  for (const [path, codes] of Object.entries(expected)) {
    for (const [index, client] of CLIENTS.entries()) {
      const name = `${client ?? 'no certificate'} at ${path}: ${codes[index] ?? 'allowed'}`;
      const explained = await explainHere(path, client);
      t.equal(explained.refusal?.code, codes[index], name);
      t.equal(
        (explained.conclusion.at(-1) ?? explained.request.at(-1))?.outcome,
        codes[index] === undefined ? 'passed' : 'failed',
        name,
      );
      const live = await ask(Number(port), path, client);
      t.equal(live.code, codes[index], `live: ${name}`);
      t.equal(live.status === 200, codes[index] === undefined, `live: ${name}`);
    }
  }
});

t.test('the exit code tells it', async (t) => {
  const exits = CLIENTS.slice(0, 2).map(async (client) => {
    const { exit, allowed, code } = await explain(...certificateOf(client), '--url', 'https://localhost/admin');
    return { exit, allowed, code };
  });
  t.strictSame(await Promise.all(exits), [
    { exit: 1, allowed: false, code: 'certificate-required' },
    { exit: 0, allowed: true, code: undefined },
  ]);
});

t.test('every step is told', async (t) => {
  const {
    request: steps,
    trust,
    conclusion,
  } = await explain(...certificateOf('alice'), '--url', 'https://localhost/admin/users?a=1');
  t.strictSame(
    steps.map(({ step }) => step),
    ['host', 'path', 'rule'],
  );
  t.match(steps[2]?.note, 'localhost/admin: require');
  t.match(trust, [
    {
      store: 'corporate',
      path: [
        { subject: /^CN=alice,/, revocation: { outcome: 'passed', status: 'good', source: 'crl', producedAt: /Z$/ } },
        { subject: /^CN=Development Issuing CA,/, revocation: { outcome: 'passed' } },
        { subject: /^CN=Development Root CA,/ },
      ],
    },
  ]);
  const passed = new Set(
    trust[0]?.path.flatMap(({ checks }) => checks).map(({ check, outcome }) => `${check} ${outcome}`),
  );
  for (const check of [
    'signature',
    'validity',
    'key-usage',
    'extended-key-usage',
    'basic-constraints',
    'path-length',
  ]) {
    t.ok(passed.has(`${check} passed`), check);
  }
  t.match(conclusion, [
    { step: 'account', note: 'alice (mapping)' },
    { step: 'decision', outcome: 'passed' },
  ]);

  const refused = await explain(...certificateOf('revoked'), '--url', 'https://localhost/admin', '--offline');
  t.match(refused.trust[0]?.path[0], {
    subject: /^CN=revoked,/,
    revocation: { outcome: 'failed', status: 'revoked', source: 'crl', code: 'certificate-revoked' },
  });
  t.match(refused, {
    substatus: '403.13',
    windows: { hresult: { name: 'CRYPT_E_REVOKED' }, chainStatus: ['Revoked'] },
  });

  const none = await explain('--url', 'https://localhost/admin');
  t.match(none.conclusion[0], { step: 'certificate', outcome: 'noted', note: 'none was presented' });
});

t.test('at another time', async (t) => {
  const args = [...certificateOf('alice'), '--url', 'https://localhost/admin'];
  const year = new Date().getUTCFullYear();
  t.equal((await explain(...args)).allowed, true);
  t.match(await explain(...args, '--at', `${year - 1}-01-31T12:00:00Z`), {
    exit: 1,
    code: 'certificate-not-yet-valid',
  });
  t.match(await explain(...args, '--at', `${year + 3}-01-31T12:00:00+02:00`), { exit: 1, code: 'certificate-expired' });
});

t.test('an unknown host, and text for people', async (t) => {
  const unknown = await explain('--url', 'https://other.example/');
  t.match(unknown, { exit: 1, allowed: false, request: [{ step: 'host', outcome: 'failed', note: /host-unknown/ }] });

  const args = ['explain', '--url', 'https://localhost/admin'];
  const refused = await runProcess(t, args, { cwd: folder });
  t.match(refused, {
    code: 1,
    stdout:
      /^request as of .*\n {2}ok {3}host .*\n(.*\n)* {2}FAIL decision +localhost\/admin: certificate-required\n.*IIS 403\.7\n$/,
  });
  const allowed = await runProcess(t, [...args, '--cert', 'certs/dev/alice.pem'], { cwd: folder });
  t.match(allowed, { code: 0, stdout: /\n {2}ok {3}decision +localhost\/admin: allowed\n$/ });
});

t.test('what cannot be explained', async (t) => {
  const url = ['--url', 'https://localhost/'];
  const config = ['-c', join(folder, 'config/portcullis.yaml')];
  const wrong: readonly [number, RegExp, string[]][] = [
    [2, /--url/, []],
    [2, /begins with https/, ['--url', 'http://localhost/']],
    [2, /2026-01-31/, [...url, '--at', 'tomorrow']],
    [2, /2026-01-31/, [...url, '--at', '2026']],
    [1, /no such file/, [...url, ...config, '--cert', 'none.pem']],
    [1, /holds no certificate/, [...url, ...config, '--cert', join(folder, 'certs/dev/alice.key')]],
    [1, /does not exist/, [...url, '-c', 'none.yaml']],
  ];
  for (const [exit, message, args] of wrong) {
    const { code, stderr } = await runHere(t, ['explain', ...args]);
    t.equal(code, exit, args.join(' '));
    t.match(stderr, message);
  }
});

/** What the command does, without a process for each. */
async function explainHere(path: string, client: string | undefined): Promise<Explanation> {
  const now = Date.now();
  const loaded = await loadConfiguration(join(folder, 'config/portcullis.yaml'), { env: {}, now });
  if (!loaded.ok) throw new Error('the configuration is not valid');
  const { configuration } = loaded;
  const file = client && readFileSync(join(folder, `certs/dev/${client}.pem`));
  const judging = await judgeAlone(configuration, { now, online: true });
  return explainRequest({
    ...judging,
    validation: configuration.settings.validation,
    certificates: file ? readCertificates(file).certificates.map(({ der }) => der) : [],
    url: `https://localhost${path}`,
    now,
  }).finally(judging.close);
}

/** One request to the demo, which is told only by status and code. */
function ask(port: number, path: string, client: string | undefined): Promise<{ status: number; code?: string }> {
  const read = (file: string) => readFileSync(join(folder, 'certs/dev', file));
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      servername: 'localhost',
      headers: { host: 'localhost' },
      agent: false,
      ca: read('ca.pem'),
      ...(client && { cert: read(`${client}.pem`), key: read(`${client}.key`) }),
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve({ status, ...(status !== 200 && { code: (JSON.parse(text) as { code: string }).code }) });
      });
    });
    asked.end();
  });
}
