// The index of an authority: two processes at once lose nothing, and a killed one leaves nothing half written.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { withLock } from '../../../src/authority/lock.ts';
import { changeState, indexFile, readState } from '../../../src/authority/state.ts';
import { readCertificates } from '../../../src/x509/files.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { runHere } from '../../kit/process.ts';

const ISSUE_MANY = fileURLToPath(new URL('../../kit/issue-many.ts', import.meta.url));

async function makeAuthority(t: Test): Promise<string> {
  const folder = join(makeFolder(t), 'ca');
  t.match(await runHere(t, ['pki', 'init', '--dir', folder]), { code: 0 });
  return folder;
}

/** Certificates of the past, so that writing the index takes its time. */
async function fillIndex(folder: string, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => ({
    serial: `70${index.toString(16).padStart(30, '0')}`.toUpperCase(),
    issuer: 'issuing' as const,
    subject: `CN=earlier ${index}`,
    notAfter: Date.UTC(2020),
    file: `earlier-${index}.pem`,
  }));
  await changeState(folder, (state, save) => save({ ...state, entries: [...state.entries, ...entries] }));
}

interface Writer {
  readonly child: ChildProcess;
  /** Serial numbers that it told, once it has ended. */
  readonly serials: Promise<string[]>;
}

function startWriter(t: Test, folder: string, name: string, count: number): Writer {
  const child = spawn(process.execPath, [ISSUE_MANY, folder, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const serials = new Promise<string[]>((resolve) => {
    child.once('close', () => resolve(text.split('\n').slice(0, -1)));
  });
  return { child, serials };
}

t.test('two writers at once', async (t) => {
  const folder = await makeAuthority(t);
  const writers = ['one', 'two'].map((name) => startWriter(t, folder, name, 20));
  const told = (await Promise.all(writers.map(({ serials }) => serials))).flat();
  t.equal(told.length, 40);
  const { entries } = await readState(folder);
  const issued = entries.filter(({ issuer }) => issuer === 'issuing');
  t.equal(issued.length, 40);
  t.strictSame(new Set(issued.map(({ serial }) => serial)), new Set(told), 'each of them, and no two alike');
  t.equal(new Set(told).size, 40);
});

t.test('whoever reads sees a whole index', async (t) => {
  const folder = await makeAuthority(t);
  await fillIndex(folder, 5000);
  const { serials } = startWriter(t, folder, 'one', 10);
  let running = true;
  void serials.then(() => {
    running = false;
  });
  const sizes = new Set<number>();
  while (running) sizes.add((await readState(folder)).entries.length);
  t.ok(sizes.size > 1, 'it was read while it grew');
  t.equal((await readState(folder)).entries.length, 5011);
});

t.test('killed writers', async (t) => {
  const folder = await makeAuthority(t);
  await fillIndex(folder, 2000);
  const told: string[] = [];
  for (let round = 0; round < 8; round++) {
    const { child, serials } = startWriter(t, folder, `writer-${round}`, 1000);
    await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), serials]);
    // Somewhere between its steps; what is asserted must hold wherever that was.
    await wait(randomInt(0, 30));
    child.kill('SIGKILL');
    told.push(...(await serials));
  }
  const { entries } = await readState(folder);
  const recorded = new Set(entries.map(({ serial }) => serial));
  t.equal(recorded.size, entries.length);
  t.ok(told.length >= 8);
  t.ok(
    told.every((serial) => recorded.has(serial)),
    'what was told is on record',
  );
  const files = readdirSync(folder).filter((file) => file.startsWith('writer-') && file.endsWith('.pem'));
  for (const file of files) {
    const [leaf] = readCertificates(readFileSync(join(folder, file))).certificates;
    t.ok(leaf === undefined || recorded.has(leaf.facts.serial), `${file} is on record`);
  }
  t.match(await runHere(t, ['pki', 'client', 'after', '--dir', folder]), { code: 0 }, 'it goes on');
});

t.test('who has to wait too long is told so', async (t) => {
  const folder = await makeAuthority(t);
  const order: string[] = [];
  await withLock(folder, async () => {
    const late = withLock(folder, async () => order.push('late'), { patienceMs: 40 });
    await t.rejects(late, { name: 'StartFault', message: `${folder} is in use by another process; try again later` });
    order.push('first');
  });
  await withLock(folder, async () => order.push('second'), { patienceMs: 0 });
  t.strictSame(order, ['first', 'second']);
  await t.rejects(
    withLock(folder, async () => {
      throw new Error('broken');
    }),
    { message: 'broken' },
  );
  await withLock(folder, async () => order.push('third'), { patienceMs: 0 });
  t.equal(order.at(-1), 'third', 'a fault gives the lock back');
  await t.rejects(
    withLock(join(folder, 'none'), async () => {}),
    { name: 'StartFault' },
  );
});

t.test('an index that is not whole is nothing to work with', async (t) => {
  const folder = await makeAuthority(t);
  t.match(await runHere(t, ['pki', 'client', 'alice', '--dir', folder]), { code: 0 });
  const file = indexFile(folder);
  const good = readFileSync(file, 'utf8');
  const before = await readState(folder);
  await changeState(folder, (state, save) => save(state));
  t.equal(readFileSync(file, 'utf8'), good, 'read and written');
  t.equal(before.entries.length, 2);

  const lines = good.split('\n');
  const replace = (from: string | RegExp, to: string) => good.replace(from, to);
  const broken: [string, number][] = [
    ['', 1],
    [good.slice(0, -1), 3],
    [good.slice(0, -9), 3],
    [`${good}\n`, 4],
    [`${good}${lines[2]}\n`, 4],
    [replace('"format":1', '"format":2'), 1],
    [replace('"crlNumber":0', '"crlNumber":-1'), 1],
    [replace('"issuer":"root"', '"issuer":"other"'), 2],
    [replace('"status":"valid"', '"status":"revoked"'), 2],
    [replace(/"serial":"../, '"serial":"x1'), 2],
    [replace(/"notAfter":"[^"]+"/, '"notAfter":"soon"'), 2],
    [replace('"status":"valid"', '"status":"revoked","revokedAt":"2026-01-01T00:00:00Z","reason":"boredom"'), 2],
  ];
  for (const [text, line] of broken) {
    writeFileSync(file, text);
    await t.rejects(readState(folder), { name: 'StartFault', message: `${file}:${line}: not a line` }, text);
    t.match(await runHere(t, ['pki', 'crl', '--dir', folder]), { code: 1, stderr: /restore the file/ });
  }
  rmSync(file);
  t.match(await runHere(t, ['pki', 'client', 'bob', '--dir', folder]), { code: 1, stderr: /index .* cannot be read/ });
  t.notOk(readdirSync(folder).includes('bob.pem'));
  appendFileSync(file, good);
  t.match(await runHere(t, ['pki', 'client', 'bob', '--dir', folder]), { code: 0 });
});
