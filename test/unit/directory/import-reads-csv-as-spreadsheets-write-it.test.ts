// CSV as spreadsheets, databases and people write it: separators, quotes, line ends, a mark in front, empty lines.

import t from 'tap';
import { readCsv } from '../../../src/directory/import-csv.ts';

const rowsOf = (text: string) => readCsv(text).rows;
const ALICE = [{ line: 2, texts: { account: 'alice', notes: 'a' } }];

t.test('separators, line ends and a byte order mark', async (t) => {
  for (const separator of [',', ';', '\t']) {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = `account${separator}notes${end}alice${separator}a${end}`;
      t.match(rowsOf(text), ALICE);
      t.match(rowsOf(`\ufeff${text}`), ALICE);
      t.match(rowsOf(text.trimEnd()), ALICE, 'without an end of the last line');
    }
  }
});

t.test('names of columns in any case and spelling', async (t) => {
  const [row] = rowsOf('Account,Display Name,VALID_FROM,issuer-key\nalice,Alice,2026-01-01,00\n');
  t.strictSame({ ...row?.texts }, { account: 'alice', displayName: 'Alice', validFrom: '2026-01-01', issuerKey: '00' });
});

t.test('quotes', async (t) => {
  t.match(rowsOf('account,notes\n"alice","a, ""b""\r\nc"\nbob,\n'), [
    { line: 2, texts: { account: 'alice', notes: 'a, "b"\r\nc' } },
    { line: 4, texts: { account: 'bob', notes: '' } },
  ]);
});

t.test('empty lines count and say nothing', async (t) => {
  t.match(
    rowsOf('account,notes\n\n , \nalice,a\n\n').map(({ line }) => line),
    [4],
  );
});

t.test('a semicolon inside of a value is no separator', async (t) => {
  t.match(rowsOf('account,notes\nalice,a;b\n'), [{ texts: { notes: 'a;b' } }]);
});

t.test('roles', async (t) => {
  const rolesOf = (cell: string) => rowsOf(`account,roles\nalice,${cell}\n`)[0]?.roles;
  t.strictSame(rolesOf(''), []);
  t.strictSame(rolesOf('ops'), ['ops']);
  t.strictSame(rolesOf('ops|night shift'), ['ops', 'night shift']);
  t.strictSame(rolesOf('a\\|b|c\\\\'), ['a|b', 'c\\']);
});

t.test('what is no formula any more', async (t) => {
  const noteOf = (cell: string) => rowsOf(`account,notes\nalice,${cell}\n`)[0]?.texts.notes;
  t.equal(noteOf("'=1+1"), '=1+1');
  t.equal(noteOf("''=1"), "'=1");
  t.equal(noteOf("'quoted'"), "'quoted'");
  t.equal(noteOf('-1'), '-1', 'written by hand');
});

t.test('every problem of the form has its line', async (t) => {
  const problemsOf = (text: string) => readCsv(text).problems;
  t.strictSame(problemsOf('account,notes\nalice,a\n'), []);
  t.match(problemsOf(''), [{ line: undefined, message: /empty/ }]);
  t.match(problemsOf('name,colour\nalice,red\n'), [
    { line: 1, column: 'name', message: /no such column; known are account, display_name/ },
    { line: 1, column: 'colour' },
  ]);
  t.match(problemsOf('account,notes,Notes\n'), [{ line: 1, column: 'notes', message: /twice/ }]);
  t.match(problemsOf('notes\na\n'), [{ line: 1, message: /no column account/ }]);
  t.match(problemsOf('account,notes\nalice\nbob,b\ncarol,c,d\n'), [
    { line: 2, message: /1 columns, but the first row names 2/ },
    { line: 4, message: /3 columns/ },
  ]);
  t.match(problemsOf('account,notes\nalice,a\nbob,"b\n'), [{ line: 3, message: /never closed/ }]);
  t.match(problemsOf('account,notes\r\nalice,"a\r\n\r\nb"\r\nbob,"b\r\n'), [{ line: 5, message: /never closed/ }]);
  t.match(problemsOf('account,notes\nalice,"a"b\n'), [{ line: 2, message: /behind a closing quote/ }]);
  t.match(problemsOf('account,notes\nalice,a"b\n'), [{ line: 2, message: /inside of a value/ }]);
});
