// `*`, `?` and `\` in patterns of the configuration.

import fc from 'fast-check';
import t from 'tap';
import { matchesWildcard } from '../../../src/model/text.ts';

t.test('cases', async (t) => {
  for (const [pattern, text, matches] of [
    ['', '', true],
    ['', 'a', false],
    ['a', '', false],
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'ab', false],
    ['b', 'ab', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['**', '', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'a', true],
    ['*a', 'bab', false],
    ['*.example', 'a.b.example', true],
    ['*.example', '.example', true],
    ['*.example', 'example', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*aab', 'aaaab', true],
    ['?', 'a', true],
    ['?', '', false],
    ['?', 'ab', false],
    ['a?c', 'abc', true],
    ['*?', '', false],
    ['*?', 'a', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['\\?', '?', true],
    ['\\?', 'a', false],
    ['\\\\', '\\', true],
    ['\\a', 'a', true],
    ['a\\', 'a', false],
    ['a\\', 'a\\', false],
    ['*\\*', 'a*', true],
    ['*\\*', 'ab', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['(a+)+', 'aaaa', false],
    ['ä*', 'äö', true],
    ['a*', 'a\nb', true],
  ] as const) {
    t.equal(matchesWildcard(pattern, text), matches, `${pattern} ${text}`);
  }
});

const MEANING: Readonly<Record<string, string>> = { '*': '.*', '?': '.', '\\a': 'a' };

t.test('as a regular expression of the same meaning would', async (t) => {
  const piece = fc.constantFrom('a', 'b', '*', '?', '\\*', '\\a');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '*') }),
      (pieces, text) => {
        const source = pieces.map((each) => MEANING[each] ?? each).join('');
        return matchesWildcard(pieces.join(''), text) === new RegExp(`^${source}$`, 's').test(text);
      },
    ),
  );
  t.pass();
});

t.test('a hostile text costs no more than its length times the stars', async (t) => {
  // A matcher that backtracks into every star would not come back from this one.
  t.notOk(matchesWildcard(`${'a*'.repeat(30)}b`, 'a'.repeat(10_000)));
});
