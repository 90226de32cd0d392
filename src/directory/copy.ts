// What does the directory say now? A copy in memory, confirmed against the database again and again.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Log } from '../model/log.ts';
import { createLookUp, type Found, type LookUp } from './look-up.ts';
import type { Batch, DirectoryStore } from './store.ts';

/**
 * `fresh`: confirmed at most a second ago. `stale`: not confirmed for longer, but within the configured staleness.
 * `unavailable`: nothing it says counts.
 */
export type DirectoryState = 'fresh' | 'stale' | 'unavailable';

export interface DirectoryCopy {
  state(): DirectoryState;
  /** Generation of the database that it holds; undefined before the first. */
  readonly generation: number | undefined;
  /** As LookUp does it: from memory, at once. What it finds counts only while the state allows it. */
  find(leaf: CertificateFacts, issuerSpki: string): Found;
  findAccount(name: string): Found;
  readonly sizes: LookUp['sizes'];
  close(): void;
}

export interface DirectoryReports {
  /** A look at the database: nothing new, changes taken over, everything read anew, or no answer. */
  directoryCheck(outcome: 'unchanged' | 'changed' | 'whole' | 'failed', seconds: number): void;
}

export interface DirectoryCopyInput {
  readonly store: DirectoryStore;
  readonly stalenessMs: number;
  /** Milliseconds that pass, from any beginning: a step of the wall clock must not make an old answer a fresh one. */
  readonly elapsed: () => number;
  readonly log: Log;
  readonly reports: DirectoryReports;
  /** What it says has changed. */
  readonly onChange: () => void;
}

/** The promise: a change counts everywhere within a second. */
const FRESH_MS = 1_000;
/** Leaves the rest of that second for the answer, and for a whole missed look. */
const CHECK_EVERY_MS = 250;

/** Resolves after the first attempt to read the directory, whether or not it succeeded; it never gives up. */
export async function createDirectoryCopy(input: DirectoryCopyInput): Promise<DirectoryCopy> {
  const { store, stalenessMs, elapsed, log, reports, onChange } = input;
  let lookUp = createLookUp();
  let generation: number | undefined;
  let confirmedAt = Number.NEGATIVE_INFINITY;
  // After a fault it may be another database (restored, failed over) whose numbers mean something else.
  let trusted = false;
  let failing = false;
  let checking: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function check(): Promise<void> {
    const askedAt = elapsed();
    const outcome = await look().catch(noteFailure);
    reports.directoryCheck(outcome, (elapsed() - askedAt) / 1000);
    if (outcome === 'failed') return;
    confirmedAt = askedAt;
    if (outcome !== 'unchanged') onChange();
  }

  async function look(): Promise<'unchanged' | 'changed' | 'whole'> {
    if (!trusted) await store.prepare();
    else if ((await store.generation()) === generation) return 'unchanged';
    const outcome = await read();
    if (!trusted) log.info({ generation, ...lookUp.sizes }, 'the directory of clients is read');
    trusted = true;
    failing = false;
    return outcome;
  }

  function noteFailure(error: unknown): 'failed' {
    const reason = error instanceof Error ? error.message : String(error);
    if (!failing && !closed) log.warn({ reason }, 'the directory of clients cannot be asked');
    trusted = false;
    failing = true;
    return 'failed';
  }

  /** Small changes come in one stroke; everything goes, bit by bit, into a new copy, which then takes the old one's place. */
  async function read(): Promise<'changed' | 'whole'> {
    const next = createLookUp();
    const changes: Batch[] = [];
    const loaded = await store.load(trusted && !lookUp.isWorn ? generation : undefined, (batch, { whole }) => {
      if (whole) next.apply([batch]);
      else changes.push(batch);
    });
    if (loaded.whole) lookUp = next;
    else lookUp.apply(changes);
    generation = loaded.generation;
    return loaded.whole ? 'whole' : 'changed';
  }

  /** One look at a time; news that come meanwhile cause another. */
  function checkSoon(): Promise<void> {
    again = true;
    checking ??= (async () => {
      while (again && !closed) {
        again = false;
        await check();
      }
      checking = undefined;
      if (closed) return;
      timer = setTimeout(checkSoon, CHECK_EVERY_MS);
      timer.unref();
    })();
    clearTimeout(timer);
    return checking;
  }

  store.watch(() => void checkSoon());
  await checkSoon();
  return {
    state() {
      const age = elapsed() - confirmedAt;
      if (age <= FRESH_MS) return 'fresh';
      return age <= FRESH_MS + stalenessMs ? 'stale' : 'unavailable';
    },
    get generation() {
      return generation;
    },
    find: (leaf, issuerSpki) => lookUp.find(leaf, issuerSpki),
    findAccount: (name) => lookUp.findAccount(name),
    get sizes() {
      return lookUp.sizes;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
