// The errors we throw: only when we, the machine or the configuration are broken, never for what a client sent.

import type { Problem } from './problem.ts';

/** The configuration cannot be used. Holds every problem found, not the first. */
export class ConfigurationFault extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the configuration`);
    this.name = 'ConfigurationFault';
    this.problems = problems;
  }
}

/** The process cannot do its work here: a port in use, a runtime that fails its self-check. One readable line. */
export class StartFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartFault';
  }
}
