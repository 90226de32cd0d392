// docs/limits.md has a row for each number of `limits`, `timeouts` and `admin.limits`, with the default that is in force.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { adminLimitsOptions } from '../../src/config/options/admin.ts';
import { limitsOptions, timeoutsOptions } from '../../src/config/options/server.ts';
import { inCheckout } from '../kit/process.ts';

const page = readFileSync(inCheckout('docs/limits.md'), 'utf8');
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ' KiB': 1024,
  ' MiB': 1024 ** 2,
  ' GiB': 1024 ** 3,
  ms: 1,
  s: 1000,
  m: 60_000,
};

/** `perAddress.burst` for what lies deeper. */
function flatten(values: object, before = ''): [string, unknown][] {
  return Object.entries(values).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${before}${key}.`)
      : [[before + key, value] satisfies [string, unknown]],
  );
}

const TABLES = { limits: limitsOptions, timeouts: timeoutsOptions, 'admin.limits': adminLimitsOptions };
for (const [name, options] of Object.entries(TABLES)) {
  t.test(name, async (t) => {
    const row = `^\\| \`${name}\\.([\\w.]+)\` \\| (\\d+)( KiB| MiB| GiB|ms|s|m|) \\|`;
    const rows = [...page.matchAll(new RegExp(row, 'gm'))];
    const told = rows.map(([, key = '', number, unit = '']) => [key, Number(number) * (UNITS[unit] ?? Number.NaN)]);
    const numbers = flatten(options.parse({})).filter(([, value]) => typeof value === 'number');
    t.strictSame(Object.fromEntries(told), Object.fromEntries(numbers));
  });
}
