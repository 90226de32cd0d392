// The image and its demo, as far as they can be checked without an engine for containers.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { makeDemoFolderWithCertificates } from '../kit/demo.ts';
import { inCheckout, runProcess, startGatewayProcess } from '../kit/process.ts';
import { isIgnored, readCheckout, readDockerfile, readExecForm } from './container-files.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly depends_on?: Readonly<Record<string, object>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, object>>;
}

const { services, networks, volumes } = parse(readCheckout('docker-compose.yml'), { merge: true }) as Compose;
const packageJson = JSON.parse(readCheckout('package.json')) as {
  bin: { portcullis: string };
  optionalDependencies: Record<string, string>;
};
const instructions = readDockerfile();
/** The last of its name: what is in force in the image. */
const textOf = (name: string) => instructions.findLast((instruction) => instruction.name === name)?.text ?? '';

/** Whether the program takes the words; nothing is done. */
async function parses(words: readonly string[]): Promise<string> {
  let called = '';
  const program = createProgram(() => {});
  for (const command of program.commands) command.configureOutput({ writeErr() {} });
  for (const command of program.commands) {
    command.action(() => {
      called = command.name();
    });
  }
  await program.parseAsync(['node', 'portcullis', ...words]);
  return called;
}

t.test('the image is built from what is there', async (t) => {
  const copied = instructions
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
    .flatMap(({ text }) => text.split(' ').slice(0, -1));
  t.ok(copied.length > 5);
  for (const source of copied) {
    t.ok(existsSync(inCheckout(source)), source);
    t.notOk(isIgnored(source), `${source} is not ignored`);
  }
  for (const secret of [
    'certs/dev/ca.key',
    '.git/config',
    'node_modules/x/y.js',
    'dist/cli/main.js',
    'data/cache.key',
  ]) {
    t.ok(isIgnored(secret), `${secret} is ignored`);
  }
  const bases = instructions.filter(({ name }) => name === 'FROM').map(({ text }) => text.split(' ')[0] ?? '');
  for (const version of new Set(Object.values(packageJson.optionalDependencies))) {
    for (const base of bases) t.equal(base, `node:${version}-bookworm-slim`);
  }
});

t.test('the image runs the program as nobody in particular', async (t) => {
  t.match(textOf('USER'), /^[1-9]\d*:[1-9]\d*$/, 'a number, and not that of root');
  t.strictSame(readExecForm(textOf('ENTRYPOINT')), ['node', `/app/${packageJson.bin.portcullis}`], 'no shell, no npm');
  t.equal(await parses(readExecForm(textOf('CMD'))), 'run');
  t.equal(textOf('STOPSIGNAL'), 'SIGTERM');
  t.notMatch(readCheckout('Dockerfile'), /^(ARG|ENV) \w*(PASSWORD|SECRET|TOKEN|KEY)/m);
});

t.test('its health check tells whether the gateway is ready', async (t) => {
  const words = readExecForm(textOf('HEALTHCHECK').replace(/^.*?CMD /, ''));
  const { probes } = parse(readCheckout('config/docker/portcullis.yaml')) as { probes: { address: string } };
  t.match(words.at(-1), `http://${probes.address}/readyz`);
  const yaml = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]\n';
  const gateway = await startGatewayProcess(t, { upstreamPort: 9, yaml });
  const script = (words.at(-1) ?? '').replace(probes.address, `127.0.0.1:${gateway.probesPort}`);
  const check = () => spawnSync(process.execPath, [...words.slice(1, -1), script]).status;
  t.equal(check(), 0);
  gateway.signal('SIGTERM');
  await gateway.ended;
  t.equal(check(), 1);
});

t.test('every service gives up what it does not need', async (t) => {
  t.strictSame(Object.keys(services).sort(), ['echo', 'gateway', 'redis', 'secrets']);
  for (const [name, service] of Object.entries(services)) {
    t.match(service, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }, name);
    t.equal(service.user, textOf('USER'), `${name} is not root, and reads what the others write`);
    t.match(service.image, service.build ? /^portcullis$/ : /^redis:7/, `${name}: a known image`);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) t.match(volume, /:ro$/, `${volume} of ${name} is read only`);
      else t.ok(source in volumes, `${volume} of ${name}`);
      if (source.startsWith('.')) t.ok(existsSync(inCheckout(source)), source);
    }
    for (const other of Object.keys(service.depends_on ?? {})) t.ok(other in services, `${name} waits for ${other}`);
  }
  t.strictSame(services.gateway?.ports, ['127.0.0.1:8443:8443'], 'this machine only');
  for (const name of ['redis', 'echo']) {
    t.equal(services[name]?.ports, undefined);
    t.strictSame(
      services[name]?.networks?.map((network) => networks[network]?.internal),
      [true],
      `${name} is inside`,
    );
  }
  t.notOk(
    services.redis?.volumes?.some((volume) => volume.startsWith('gateway-secrets')),
    'Redis has no signing key',
  );
  t.notMatch(readCheckout('docker-compose.yml'), /password[:=]|requirepass|-----BEGIN/i, 'no secret in it');
});

t.test('the program takes every command line', async (t) => {
  t.equal(await parses(services.gateway?.command ?? []), 'run');
  t.equal(await parses(services.echo?.command ?? []), 'echo');
  await t.rejects(parses(['run', '--no-such-option']), 'as far as this test can tell');
});

t.test('the configuration of the manual is valid, too', async (t) => {
  const folder = await makeDemoFolderWithCertificates(t);
  const [, yaml = ''] = /```yaml\n(# portcullis\.yaml.*?)```/s.exec(readCheckout('docs/container.md')) ?? [];
  const files: Readonly<Record<string, string>> = {
    '/tls/tls.crt': 'server.pem',
    '/tls/tls.key': 'server.key',
    '/trust/ca.pem': 'ca.pem',
    '/trust/ca.crl': 'ca.crl',
  };
  const text = Object.entries(files).reduce((text, [from, to]) => text.replace(from, `../certs/dev/${to}`), yaml);
  t.not(text, yaml);
  // The demo's certificate is for another host.
  writeFileSync(join(folder, 'config/portcullis.yaml'), text.replace('app.example', 'localhost'));
  t.match(await runProcess(t, ['check'], { cwd: folder }), { code: 0, stderr: '' });
});

t.test('the configuration is valid with the secrets and certificates that are made for it', async (t) => {
  // As in the container, where it is /app.
  const folder = await makeDemoFolderWithCertificates(t);
  cpSync(inCheckout('config/docker'), join(folder, 'config'), { recursive: true });
  const [shell = '', script = ''] = services.secrets?.entrypoint ?? [];
  const here = (path: string) => path.replace('/app', folder);
  const folders = (services.secrets?.command ?? []).map(here);
  for (const each of folders) mkdirSync(each, { recursive: true });
  const make = () => execFileSync(shell, [here(script), ...folders]);

  make();
  const secrets = () =>
    ['gateway/cache.key', 'redis/password', 'redis/redis.conf'].map((name) => join(folder, 'secrets', name));
  const contents = () => secrets().map((file) => readFileSync(file, 'utf8'));
  for (const file of secrets()) t.equal(statSync(file).mode & 0o777, 0o600, file);
  const [key, password, conf] = contents();
  t.match(key, /^[0-9a-f]{64}$/);
  t.match(password, /^[0-9a-f]{64}$/);
  t.not(key, password);
  t.equal(conf, `requirepass ${password}\n`);
  const before = contents();
  make();
  t.strictSame(contents(), before, 'a second start keeps them');

  const { code, stderr } = await runProcess(t, ['check'], { cwd: folder });
  t.match({ code, stderr }, { code: 0, stderr: '' });
  const targets = (services.secrets?.volumes ?? []).map((volume) => volume.split(':')[1] ?? '');
  const made = /mkdir -p (.*?) &&/.exec(textOf('RUN'))?.[1]?.split(' ') ?? [];
  for (const path of targets.filter((target) => target.startsWith('/app/secrets'))) {
    t.ok(made.includes(path.slice('/app/'.length)), `${path} belongs to the user of the image`);
  }
});
