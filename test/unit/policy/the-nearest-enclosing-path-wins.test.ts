// On whole segments; and letter case may count or not.

import t from 'tap';
import { exactCase, foldCase } from '../../../src/policy/enclosure.ts';
import { createPathTable } from '../../../src/policy/path-table.ts';

const RULES = ['/a', '/a/b/c', '/Admin', '/straße', '/ab'].map((path) => ({
  segments: path.slice(1).split('/'),
  rule: path,
  exactOnly: false,
}));

function finder(fold: (segment: string) => string): (path: string) => string {
  const table = createPathTable('/', RULES, fold);
  return (path) => table.find(path === '/' ? [] : path.slice(1).split('/'));
}

t.test('in exact case', async (t) => {
  const find = finder(exactCase);
  for (const [path, rule] of [
    ['/', '/'],
    ['/x', '/'],
    ['/a', '/a'],
    ['/a/x', '/a'],
    ['/a/b', '/a'],
    ['/a/b/x', '/a'],
    ['/a/b/c', '/a/b/c'],
    ['/a/b/c/d/e', '/a/b/c'],
    ['/ab', '/ab'],
    ['/abc', '/'],
    ['/x/a', '/'],
    ['/A', '/'],
    ['/admin', '/'],
    ['/Admin/x', '/Admin'],
    ['/__proto__', '/'],
  ] as const) {
    t.equal(find(path), rule, path);
  }
});

t.test('whatever the case', async (t) => {
  const find = finder(foldCase);
  for (const [path, rule] of [
    ['/A/B/C', '/a/b/c'],
    ['/ADMIN', '/Admin'],
    ['/admin/x', '/Admin'],
    ['/administrator', '/'],
    // Letters that fold together in one mapping of case or the other.
    ['/STRASSE', '/straße'],
    ['/\u017ftraße', '/straße'],
    ['/adm\u0131n', '/Admin'],
  ] as const) {
    t.equal(find(path), rule, path);
  }
  t.equal(foldCase('\u212a'), foldCase('k'), 'the Kelvin sign');
});

t.test('a rule for the root replaces the root', async (t) => {
  const table = createPathTable('site', [{ segments: [], rule: 'path /', exactOnly: false }], exactCase);
  t.equal(table.find(['x']), 'path /');
});
