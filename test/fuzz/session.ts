// The loop: takes a seed, changes it, runs the target, and keeps what led to something new.

import { minimise } from './minimise.ts';
import { mutateBytes, mutateText } from './mutate-bytes.ts';
import { mutatePem } from './mutate-pem.ts';
import { mutateTree } from './mutate-tree.ts';
import type { Random } from './random.ts';
import { Broken, shapeOf, type Target } from './target.ts';

export interface Failure {
  readonly error: string;
  /** The same for all that fail in the same way. */
  readonly kind: string;
  readonly input: Uint8Array;
}

export interface Session {
  readonly executions: number;
  readonly outcomes: ReadonlyMap<string, number>;
  /** The seeds first, then what led to something new. */
  readonly corpus: readonly Uint8Array[];
  /** One for each way to fail. */
  readonly failures: readonly Failure[];
  readonly slowestMs: number;
  /** Makes and runs one input. */
  step(): void;
}

/** Enough for one input for each outcome of any target; beyond it, one seed replaces another. */
const MAX_CORPUS = 4000;
/** More than any target has; those beyond are counted together. */
const MAX_OUTCOMES = 20_000;
const OTHER = 'other';
const SLOW = 'slow';
/** An input may take that much processor time. */
const MAX_INPUT_MS = 50;

export function createSession(target: Target, random: Random): Session {
  const corpus = [...target.seeds];
  const outcomes = new Map<string, number>();
  const failures: Failure[] = [];

  function step(): void {
    const seed = random.maybe(corpus) ?? new Uint8Array();
    const input = mutate(target, seed, random.maybe(corpus) ?? seed, random);
    if (input.length <= target.maxBytes) execute(input);
  }
  const session = { executions: 0, slowestMs: 0, corpus, outcomes, failures, step };

  function execute(input: Uint8Array): void {
    session.executions++;
    const { outcome, failure, slowMs } = attemptInTime(target, input);
    session.slowestMs = Math.max(session.slowestMs, slowMs);
    const isKnown = outcome !== undefined && (outcomes.size < MAX_OUTCOMES || outcomes.has(outcome));
    const key = failure?.kind ?? (isKnown ? outcome : OTHER);
    const seen = outcomes.get(key) ?? 0;
    outcomes.set(key, seen + 1);
    if (seen > 0) return;
    if (corpus.length < MAX_CORPUS) corpus.push(Uint8Array.from(input));
    else corpus[random.below(corpus.length)] = Uint8Array.from(input);
    if (failure !== undefined) failures.push({ ...failure, input: smallest(target, input, failure.kind) });
  }

  for (const seed of target.seeds) execute(seed);
  return session;
}

function mutate({ shape }: Target, seed: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  switch (shape) {
    case 'text':
      return mutateText(seed, random, other);
    case 'pem':
      return mutatePem(seed, random, other);
    case 'bytes':
      return mutateBytes(seed, random, other);
    case 'der': {
      const changed = random.chance(4) ? undefined : mutateTree(seed, other, random);
      if (changed === undefined) return mutateBytes(seed, random, other);
      return random.chance(16) ? mutateBytes(changed, random, other) : changed;
    }
  }
}

export interface Attempt {
  readonly outcome?: string;
  readonly failure?: { readonly error: string; readonly kind: string };
}

/** What came of one input, or what is wrong with that. */
export function attempt(target: Target, input: Uint8Array): Attempt {
  try {
    return { outcome: target.run(input) };
  } catch (error) {
    if (error instanceof Broken) return { failure: { error: error.message, kind: error.rule } };
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // Who called the target is not of interest, only where the error was thrown.
    const place = /^ +at .*$/m.exec(text)?.[0] ?? '';
    return { failure: { error: text, kind: shapeOf(`${error}`) + shapeOf(place) } };
  }
}

/** The same, and the processor time where that is more than a few ms. */
function attemptInTime(target: Target, input: Uint8Array): Attempt & { readonly slowMs: number } {
  const start = performance.now();
  const attempted = attempt(target, input);
  const slowMs = performance.now() - start > MAX_INPUT_MS ? leastCpuMs(target, input) : 0;
  if (slowMs <= MAX_INPUT_MS) return { ...attempted, slowMs };
  return { failure: { kind: SLOW, error: `takes ${Math.round(slowMs)} ms` }, slowMs };
}

/** The least of a few runs: what the machine did meanwhile does not count. */
function leastCpuMs(target: Target, input: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    const before = process.cpuUsage();
    attempt(target, input);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** As few bytes as possible that fail in the same way. */
function smallest(target: Target, input: Uint8Array, kind: string): Uint8Array {
  if (kind === SLOW) return Uint8Array.from(input);
  return minimise(input, (shorter) => attempt(target, shorter).failure?.kind === kind);
}
