// What does a directory of 100,000 clients cost? Prints what was measured: `node --expose-gc bench/directory.ts [URL]`.
//
// The database must be new; without a URL it is a SQLite file that is removed again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Change } from '../src/directory/changes.ts';
import { createDirectoryCopy, type DirectoryCopy } from '../src/directory/copy.ts';
import { openDirectory } from '../src/directory/open.ts';
import type { DirectoryStore } from '../src/directory/store.ts';
import type { CertificateFacts } from '../src/model/certificate.ts';
import { silentLog } from '../src/model/log.ts';
import { makeRoot } from '../test/kit/pki.ts';

const CLIENTS = 100_000;
const LOOK_UPS = 200_000;

const root = makeRoot();
const leaf = root.client({ serial: '0F0001' }).facts;
const issuerSpki = root.facts.publicKey.spkiHash;

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
const [url = `sqlite:${folder}/clients.db`] = process.argv.slice(2);
const store = openDirectory(url, { clock: Date.now });
await store.prepare();
await measure();
await store.close();
rmSync(folder, { recursive: true });

async function measure(): Promise<void> {
  await writeAll([register(0)]);
  const small = await openCopy(store);
  tellLookUps(small, 1);
  small.close();
  console.log(`adding ${CLIENTS} clients in one change: ${await took(() => writeAll(makeChanges()))}`);

  const before = usedMegabytes();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let copy: DirectoryCopy | undefined;
  const start = await took(async () => {
    copy = await openCopy(store);
  });
  delay.disable();
  if (copy === undefined) throw new Error('no copy');
  console.log(`reading them at the start: ${start}`);
  console.log(`longest hold of the event loop meanwhile: ${(delay.max / 1e6).toFixed(1)} ms`);
  console.log(`memory of the copy: ${usedMegabytes() - before} MiB`);
  console.log(`a full collection of garbage beside it: ${collectionCost()} ms of processor time`);
  tellLookUps(copy, CLIENTS);
  const generation = copy.generation;
  const news = await took(async () => {
    await writeAll([{ do: 'add-block', match: { kind: 'spki', spki: issuerSpki }, reason: 'bench' }]);
    while (copy?.generation === generation) await new Promise((resolve) => setTimeout(resolve, 1));
  });
  console.log(`from the order to block until the copy has it: ${news}`);
  copy.close();
}

function makeChanges(): Change[] {
  return Array.from({ length: CLIENTS - 1 }, (_, index) => register(index + 1));
}

function register(index: number): Change {
  const serial = `0F${(index + 1).toString(16).toUpperCase().padStart(6, '0')}`;
  return {
    do: 'add-account',
    account: { name: `user-${index}`, displayName: `User number ${index}`, kind: 'person', roles: ['staff', 'orders'] },
    credentials: [
      { match: { kind: 'issuer-serial', issuerSpki, serial }, issuerName: 'CN=Corporate CA', label: 'card' },
    ],
  };
}

async function writeAll(changes: readonly Change[]): Promise<void> {
  const outcome = await store.change({ actor: 'bench', changes });
  if (!outcome.done) throw new Error(outcome.problems[0]?.message);
}

function openCopy(store: DirectoryStore): Promise<DirectoryCopy> {
  return createDirectoryCopy({
    store,
    stalenessMs: 0,
    elapsed: () => performance.now(),
    log: silentLog,
    reports: { directoryCheck() {} },
    onChange() {},
  });
}

function tellLookUps(copy: DirectoryCopy, clients: number): void {
  const again = lookUpCost(() => leaf, copy);
  const anew = lookUpCost(() => ({ ...leaf }), copy);
  console.log(`look-up among ${clients}: the first after a change ${anew} µs, further ones ${again} µs`);
}

/** Microseconds. */
function lookUpCost(next: () => CertificateFacts, copy: DirectoryCopy): string {
  const begun = performance.now();
  for (let times = 0; times < LOOK_UPS; times++) copy.find(next(), issuerSpki);
  return (((performance.now() - begun) * 1000) / LOOK_UPS).toFixed(2);
}

async function took(action: () => Promise<void>): Promise<string> {
  const before = process.cpuUsage();
  const begun = performance.now();
  await action();
  const { user, system } = process.cpuUsage(before);
  return `${Math.round(performance.now() - begun)} ms, ${Math.round((user + system) / 1000)} ms of processor time`;
}

/** The cheapest of several: the machine does other things, too. */
function collectionCost(): string {
  const costs = Array.from({ length: 9 }, () => {
    const before = process.cpuUsage();
    globalThis.gc?.();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...costs).toFixed(1);
}

/** In the heap and beside it. */
function usedMegabytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return Math.round((heapUsed + arrayBuffers) / 1024 ** 2);
}
