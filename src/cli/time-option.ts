// Which moment does `--at` mean?

import { InvalidArgumentError, Option } from 'commander';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

/** Gives milliseconds since the epoch. */
export function timeOption(what: string): Option {
  return new Option('--at <time>', `${what} as of this time (RFC 3339); left out: now`).argParser(readTime);
}

function readTime(text: string): number {
  const time = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('expected a time such as 2026-01-31T12:00:00Z.');
  return time;
}
