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
  readonly corpusSize: number;
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
/** An input may take that much processor time. */
const MAX_INPUT_MS = 50;

export function createSession(target: Target, random: Random): Session {
  const corpus = [...target.seeds];
  const outcomes = new Map<string, number>();
  const failures: Failure[] = [];
  const session = { executions: 0, slowestMs: 0 };

  function keep(input: Uint8Array): void {
    if (corpus.length < MAX_CORPUS) corpus.push(Uint8Array.from(input));
    else corpus[target.seeds.length + random.below(corpus.length - target.seeds.length)] = Uint8Array.from(input);
  }

  function execute(input: Uint8Array): void {
    session.executions++;
    const start = performance.now();
    const attempted = attempt(target, input);
    const slow = performance.now() - start > MAX_INPUT_MS ? leastCpuMs(target, input) : 0;
    session.slowestMs = Math.max(session.slowestMs, slow);
    const failure = slow > MAX_INPUT_MS ? { kind: 'slow', error: `takes ${Math.round(slow)} ms` } : attempted.failure;
    const hasRoom = outcomes.size < MAX_OUTCOMES || outcomes.has(attempted.outcome ?? OTHER);
    const key = failure?.kind ?? (hasRoom ? attempted.outcome : OTHER) ?? OTHER;
    const seen = outcomes.get(key) ?? 0;
    outcomes.set(key, seen + 1);
    if (seen === 0) keep(input);
    if (seen > 0 || failure === undefined) return;
    failures.push({ ...failure, input: failure.kind === 'slow' ? input : smallest(target, input, failure.kind) });
  }

  for (const seed of target.seeds) execute(seed);
  return {
    get executions() {
      return session.executions;
    },
    get slowestMs() {
      return session.slowestMs;
    },
    get corpusSize() {
      return corpus.length;
    },
    failures,
    outcomes,
    step() {
      const seed = random.maybe(corpus) ?? new Uint8Array();
      const other = random.maybe(corpus) ?? seed;
      const input = mutate(target, seed, other, random);
      if (input.length <= target.maxBytes) execute(input);
    },
  };
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
  return minimise(input, (shorter) => attempt(target, shorter).failure?.kind === kind);
}
