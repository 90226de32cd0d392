// docs/admin-api.md: every `curl` in it does what it says, every code of a problem is in it, and no route is forgotten.

import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { PROBLEMS } from '../../src/admin/problems.ts';
import { createRoutes } from '../../src/admin/routes.ts';
import type { Sources } from '../../src/admin/sources.ts';
import { OPERATOR, startAdministered } from '../kit/admin.ts';
import { send } from '../kit/client.ts';
import { inCheckout } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

const page = readFileSync(inCheckout('docs/admin-api.md'), 'utf8');
const run = promisify(execFile);

const upstream = await startUpstream(t);
const { privateKey } = generateKeyPairSync('ed25519');
const gateway = await startAdministered(t, {
  upstreamPort: upstream.port,
  files: { 'token.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
  yaml: `
directory: { url: "sqlite:clients.db" }
token: { issuer: https://gate.example, keyFiles: [token.key] }
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
`,
});

const env = {
  PATH: process.env.PATH,
  ADMIN: `http://127.0.0.1:${gateway.adminPort}`,
  TOKEN: OPERATOR.token,
  REQUEST_ID: await makeRequest(),
};

/** Somebody without an account comes; gives the id of the request. */
async function makeRequest(): Promise<string> {
  const alice = gateway.pki.issuing.client({ cn: 'alice' });
  writeFileSync(join(gateway.folder, 'alice.pem'), alice.chainPem);
  await send(t, { port: gateway.port, certificate: alice });
  return String(gateway.requests()[0]?.requestId);
}

/** Commands of the blocks for a shell; a `\` at the end of a line takes the next one along. */
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.replaceAll('\\\n', ' ').trim().split('\n'),
);

t.test('every curl', async (t) => {
  t.ok(commands.length > 4);
  for (const command of commands) {
    t.match(command, /curl .*$/);
    // A stream has no end: that is when curl may give up.
    const hasEnd = (error: { code?: unknown; stdout: string }) => {
      if (error.code !== 28 || !command.includes('--max-time')) throw error;
      return error;
    };
    const { stdout } = await run('sh', ['-c', `${command} -s --fail-with-body -w '\\n%{http_code}'`], {
      env,
      cwd: gateway.folder,
    }).catch(hasEnd);
    t.match(stdout, /\n20[01]$/, command);
  }
});

t.test('every code', async (t) => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(([, code = '', status]) => [
    code,
    Number(status),
  ]);
  const codes = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]);
  t.strictSame(Object.fromEntries(rows), Object.fromEntries(codes));
});

t.test('every route', async (t) => {
  // Only declared: none of them is asked.
  const routes = createRoutes({} as Sources);
  for (const { method, path } of routes) {
    const pattern = new RegExp(`\\$ADMIN/api/v1${path.replaceAll(/\{\w+\}/g, '[$\\w-]+')}(["? ]|$)`);
    const methodOf = (command: string) => /-X (\w+)/.exec(command)?.[1] ?? (/ -d /.test(command) ? 'POST' : 'GET');
    const shown = commands.filter((command) => methodOf(command) === method && pattern.test(command));
    t.ok(shown.length > 0, `${method} ${path}`);
  }
});
