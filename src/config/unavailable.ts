// Which parts of the contract are not built yet? They are refused by name and never ignored.

import type { Report } from './report.ts';
import type { ConfigPath } from './source.ts';

interface Row {
  /** Every place, segments joined by dots. */
  readonly at: readonly string[];
  readonly what: string;
}

/** One row per thing that is missing. Building it ends with deleting its row. */
const NOT_AVAILABLE: readonly Row[] = [{ at: ['certificates.*.pfx'], what: 'PKCS#12 files' }];

/** Reports everything in the plain tree that a row names. */
export function reportUnavailable(plain: unknown, report: Report): void {
  for (const { at, what } of NOT_AVAILABLE) {
    for (const place of at) {
      for (const { path } of valuesAt(plain, place.split('.'))) {
        report.error(path, `${what}: not available in this version`, `remove ${nameOf(path)}`);
      }
    }
  }
}

/** The same table for the manual: the last key of each place. */
export function listUnavailable(): { keys: readonly string[]; what: string }[] {
  return NOT_AVAILABLE.map(({ at, what }) => {
    const keys = at.map((place) => place.split('.').findLast((step) => step !== '*') ?? place);
    return { keys: [...new Set(keys)], what };
  });
}

function valuesAt(plain: unknown, pattern: readonly string[]): { path: ConfigPath; value: unknown }[] {
  let found: { path: ConfigPath; value: unknown }[] = [{ path: [], value: plain }];
  for (const step of pattern) {
    found = found.flatMap(({ path, value }) => {
      return childrenOf(value)
        .filter(([key]) => step === '*' || step === key)
        .map(([key, child]) => ({ path: [...path, key], value: child }));
    });
  }
  return found;
}

function childrenOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function nameOf(path: ConfigPath): string {
  const last = path.at(-1);
  return typeof last === 'number' ? 'the entry' : `\`${last}\``;
}
