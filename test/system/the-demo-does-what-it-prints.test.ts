// run --demo, which is what `npm start` runs: certificates of its own, and lines to paste that do what they say.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { makeDemoFolder, startDemo } from '../kit/demo.ts';
import { inCheckout, runProcess } from '../kit/process.ts';

const run = promisify(execFile);
const NAMES = ['ca', 'server', 'alice', 'bob', 'expired', 'revoked', 'foreign'];

t.test('npm start is this demo', async (t) => {
  const { scripts } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')) as { scripts: { start: string } };
  t.match(scripts.start, /&& node dist\/cli\/main\.js run --demo$/);
});

t.test('a first start', async (t) => {
  const folder = await makeDemoFolder(t);
  const dev = join(folder, 'certs/dev');
  const demo = await startDemo(t, folder);
  t.match(demo.stdout(), 'made development certificates in certs/dev\n');
  t.strictSame(readdirSync(join(folder, 'certs')), ['dev']);
  t.strictSame(readdirSync(dev).sort(), [...NAMES.flatMap((name) => [`${name}.key`, `${name}.pem`]), 'ca.crl'].sort());
  for (const name of NAMES) t.equal(statSync(join(dev, `${name}.key`)).mode & 0o777, 0o600, `${name}.key`);

  await t.test('the lines that it prints', async (t) => {
    const lines = demo.stdout().match(/^ {2}curl .*$/gm) ?? [];
    const answers = await Promise.all(
      lines.map(async (line) => {
        const { stdout } = await run('sh', ['-c', `${line.trim()} -sS -w '\\n%{http_code}'`], { cwd: folder });
        const [, body = '', status = ''] = /^(.*)\n(\d+)$/s.exec(stdout) ?? [];
        return { status, body };
      }),
    );
    t.equal(answers.length, 6);
    const [open, alice, none, anybody, bob, revoked] = answers;
    t.match(open, { status: '200', body: /^GET \/public\n/ });
    t.match(open?.body, /^X-Client-Verify: NONE$/m);
    t.match(alice, { status: '200', body: /^GET \/admin\n/ });
    t.match(alice?.body, /^X-Client-Verify: SUCCESS\nX-Client-Subject: CN=alice,/m);
    t.match(none, { status: '403' });
    t.match(JSON.parse(none?.body ?? ''), { code: 'certificate-required', substatus: '403.7' });
    t.match(anybody, { status: '200', body: /^X-Client-Verify: NONE$/m });
    t.match(bob, { status: '200', body: /^X-Client-Subject: CN=bob,/m });
    t.match(revoked, { status: '403' });
    t.match(JSON.parse(revoked?.body ?? ''), { code: 'certificate-revoked', substatus: '403.13' });
  });

  await t.test('a second start uses the same certificates', async (t) => {
    demo.signal('SIGINT');
    t.match(await demo.ended, { code: 0 });
    const before = readFileSync(join(dev, 'ca.pem'), 'utf8');
    const again = await startDemo(t, folder);
    t.notMatch(again.stdout(), 'made development certificates');
    t.equal(readFileSync(join(dev, 'ca.pem'), 'utf8'), before);
    again.signal('SIGTERM');
    t.match(await again.ended, { code: 0 });
  });
});

t.test('what somebody else put there is left alone', async (t) => {
  const folder = await makeDemoFolder(t);
  const dev = join(folder, 'certs/dev');
  t.match(await runProcess(t, ['pki', 'init', '--dir', dev], { cwd: folder }), { code: 0 });
  t.match(await runProcess(t, ['pki', 'server', '--dir', dev, '--days', '1', 'server'], { cwd: folder }), { code: 0 });
  const before = readdirSync(dev);
  const { code, stderr } = await runProcess(t, ['run', '--demo'], { cwd: folder });
  t.equal(code, 1);
  t.match(stderr, /ca\.crl/, 'the configuration misses a file');
  t.strictSame(readdirSync(dev), before);

  const half = await makeDemoFolder(t);
  t.match(await runProcess(t, ['pki', 'init', '--dir', join(half, 'certs/dev')], { cwd: half }), { code: 0 });
  t.match(await runProcess(t, ['run', '--demo'], { cwd: half }), {
    code: 1,
    stdout: '',
    stderr: /^portcullis: certs\/dev holds no development certificates .*Remove it[^\n]*\n$/,
  });
});

t.test('the port of its service is taken', async (t) => {
  const folder = await makeDemoFolder(t);
  const first = await startDemo(t, folder);
  const { code, stderr } = await runProcess(t, ['run', '--demo'], { cwd: folder });
  t.equal(code, 1);
  t.match(stderr, /\nportcullis: the demo’s service cannot listen on [^\n]*\n$/);
  t.notMatch(stderr, /\n\s+at /);
  first.signal('SIGTERM');
  await first.ended;
});
