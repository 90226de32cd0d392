// What is in force: a configuration, and the snapshot that requests are judged under. Another one takes its place whole or
// not at all.

import { setDefaultCACertificates } from 'node:tls';
import type { Configuration } from '../config/load.ts';
import type { Log } from '../model/log.ts';
import type { Runtime } from './runtime.ts';

export interface InForceInput {
  readonly configuration: Configuration;
  build(configuration: Configuration, generation: number): Promise<Runtime>;
  /** Called before anything is judged under it. */
  readonly adopt: (runtime: Runtime, configuration: Configuration) => void;
  /** Judges open exchanges again. */
  readonly rejudge: () => Promise<void>;
  readonly log: Log;
}

export interface InForce {
  readonly runtime: Runtime;
  /** As it was loaded: without what replicas have added. */
  readonly configuration: Configuration;
  /** Does one thing after another, so that no two snapshots have one generation. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The snapshot that would be the next one. */
  build(configuration: Configuration): Promise<Runtime>;
  /** Resolves when open exchanges were judged again. `built`: left out, it is built now. */
  takeOver(configuration: Configuration, built?: Runtime): Promise<void>;
  /**
   * Under the same configuration, because what is known has changed. At once: a block must not wait for a reload that asks
   * for lists, nor for a responder that somebody else's certificate needs.
   */
  rejudgeSoon(): void;
}

export async function putInForce(input: InForceInput): Promise<InForce> {
  const { build, adopt, rejudge, log } = input;
  let { configuration } = input;
  let runtime = await build(configuration, 1);
  trustNobodyByDefault(runtime);
  let last: Promise<unknown> = Promise.resolve();
  let isRejudging = false;
  const inForce: InForce = {
    get runtime() {
      return runtime;
    },
    get configuration() {
      return configuration;
    },
    inTurn(work) {
      const done = last.then(work);
      last = done.catch(() => {});
      return done;
    },
    build: (next) => build(next, runtime.generation + 1),
    async takeOver(next, from) {
      const built = from ?? (await inForce.build(next));
      const old = runtime;
      trustNobodyByDefault(built);
      adopt(built, next);
      // Not the next one of the beginning: what has changed meanwhile may have taken that.
      runtime = { ...built, generation: runtime.generation + 1 };
      configuration = next;
      old.retire();
      await rejudge();
    },
    rejudgeSoon() {
      runtime = { ...runtime, generation: runtime.generation + 1 };
      // One round at a time, however fast changes come; what comes during one is found by the gate's next turn.
      if (isRejudging) return;
      isRejudging = true;
      rejudge()
        .catch((err: unknown) => log.error({ err }, 'open streams could not be judged again'))
        .finally(() => {
          isRejudging = false;
        });
    },
  };
  return inForce;
}

/**
 * Whatever names no authorities of its own trusts nobody, instead of Node's public roots; but for the sites that send no
 * list of them in the handshake, whose contexts can take them from nowhere else.
 */
function trustNobodyByDefault({ contexts }: Runtime): void {
  setDefaultCACertificates([...contexts.unlistedAuthoritiesPem]);
}
