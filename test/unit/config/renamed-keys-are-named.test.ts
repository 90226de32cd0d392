// A key that has another name here is answered with that name, and the table tells of keys that there are.

import t from 'tap';
import { knownKeys } from '../../../src/config/json-schema.ts';
import { explainRenamed, RENAMED } from '../../../src/config/renamed.ts';

/** A path that fits the pattern of a row. */
const pathOf = (pattern: string) =>
  pattern === ''
    ? []
    : pattern
        .split('.')
        .map((step, index, steps) => (step !== '*' ? step : isList(steps[index - 1]) ? 0 : `name${index}`));
const isList = (key: string | undefined) => ['listeners', 'certificates', 'sites'].includes(key ?? '');

t.test('every row', async (t) => {
  for (const { in: pattern, was, now } of RENAMED) {
    const path = pathOf(pattern);
    t.notOk(knownKeys(path).includes(was), `${pattern} ${was} is no key`);
    const steps = now.split('.');
    const inSame = knownKeys(path).includes(steps[0] ?? '');
    const last = steps.at(-1) ?? '';
    const parent = [...(inSame ? path : []), ...steps.slice(0, -1)];
    t.ok(knownKeys(parent).includes(last), `${pattern} ${now} is one`);
    t.match(explainRenamed(path, was), `\`${now}\``);
  }
});

t.test('in words', async (t) => {
  t.equal(explainRenamed([], 'backends'), 'it is called `upstreams`');
  t.equal(explainRenamed(['sites', 3], 'locations'), 'it is called `paths` in `sites[3]`');
  t.equal(explainRenamed([], 'redis'), 'it stands in `cache.redis`');
  t.equal(explainRenamed(['sites', 3], 'colour'), undefined);
  t.equal(explainRenamed(['limits'], 'locations'), undefined, 'it is another map');
});
