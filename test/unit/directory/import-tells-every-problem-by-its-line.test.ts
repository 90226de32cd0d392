// What an import says of accounts and certificates is checked in every cell, against the other lines, and against what
// is there; every problem is told by line and column.

import t from 'tap';
import type { NewCredential } from '../../../src/directory/changes.ts';
import { type ImportedClient, type ResolveIssuer, readClient } from '../../../src/directory/import-client.ts';
import { readCsv } from '../../../src/directory/import-csv.ts';
import { readJson } from '../../../src/directory/import-json.ts';
import { planImport } from '../../../src/directory/import-plan.ts';
import { columnOf, type Field, type ImportProblem } from '../../../src/directory/import-rows.ts';
import type { AccountRecord, Credential } from '../../../src/model/client.ts';

const KEY = 'aa'.repeat(32);
const OTHER = 'bb'.repeat(32);
const resolveIssuer: ResolveIssuer = (name) =>
  name === 'CN=Corporate CA' ? { value: { key: KEY, name } } : { flaw: 'no authority has this name' };

function read(text: string): { clients: ImportedClient[]; problems: ImportProblem[] } {
  const isJson = text.startsWith('[');
  const { rows, problems } = isJson ? readJson(text) : readCsv(text);
  const each = rows.map((row) =>
    readClient(row, { resolveIssuer, columnOf: isJson ? (field: Field) => field : columnOf }),
  );
  return {
    clients: each.flatMap((one) => ('client' in one ? [one.client] : [])),
    problems: [...problems, ...each.flatMap((one) => ('client' in one ? [] : one.problems))],
  };
}

/** One account `alice` with one cell more. */
const cell = (column: string, text: string) => read(`account,${column}\nalice,"${text}"\n`);

t.test('cells', async (t) => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ['kind', ['person', 'App', ' device ', ''], ['robot']],
    ['enabled', ['true', 'FALSE', 'yes', '0', ''], ['maybe']],
    [
      'valid_from',
      ['2026-01-31', '2024-02-29', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00.5+01:00', ''],
      ['2026-02-29', '31.01.2026', '2026-01-31T12:00', '2026-13-01', 'soon'],
    ],
    ['valid_until', ['2026-01-31'], ['2026-1-31']],
    ['notes', ['two\nlines', ''], ['a\u0000b', 'a\u202eb', 'x'.repeat(5000)]],
    ['roles', ['ops|night'], ['ops| night', 'a\u200bb']],
    ['spki', [KEY, KEY.toUpperCase(), KEY.replace(/../g, '$&:')], ['aa', 'aa'.repeat(20)]],
    ['tbs', [KEY], ['no']],
    ['fingerprint', [KEY], ['zz'.repeat(32)]],
  ];
  for (const [column, good, bad] of cases) {
    for (const text of good) t.strictSame(cell(column, text).problems, [], `${column} ${text}`);
    for (const text of bad) t.match(cell(column, text).problems, [{ line: 2, column }], `${column} ${text}`);
  }
  t.match(cell('spki', 'aa'.repeat(20)).problems, [{ message: /SHA-1/ }]);
  for (const name of ['', ' alice', 'al\u200bice'])
    t.match(read(`account\n"${name}"\nbob\n`).clients, [{ name: 'bob' }]);
  t.match(read('account,kind\n alice,person\n').problems, [{ line: 2, column: 'account', message: /space/ }]);
});

t.test('a day is whole', async (t) => {
  const [client] = read('account,valid_from,valid_until\nalice,2026-01-31,2026-01-31\n').clients;
  t.equal(client?.account.validFrom, Date.parse('2026-01-31T00:00:00Z'));
  t.equal(client?.account.validUntil, Date.parse('2026-02-01T00:00:00Z') - 1);
});

t.test('serial numbers in any spelling, with an issuer', async (t) => {
  const matchOf = (columns: string, cells: string) => {
    const { clients, problems } = read(`account,${columns}\nalice,${cells}\n`);
    return clients[0]?.credential?.match ?? problems;
  };
  const wanted = { kind: 'issuer-serial', issuerSpki: KEY, serial: '0A1B2C' };
  for (const serial of [
    '0A1B2C',
    '0a:1b:2c',
    '\u200e0a 1b 2c',
    '000A1B2C',
    '0x0A1B2C',
    'decimal:662316',
    '<SR>2C1B0A',
  ]) {
    t.strictSame(matchOf('issuer,serial', `CN=Corporate CA,${serial}`), wanted, serial);
  }
  t.strictSame(matchOf('issuer_key,serial', `${KEY},0A1B2C`), wanted);
  t.strictSame(matchOf('issuer,issuer_key,serial', `CN=Nobody,${KEY},0A1B2C`), wanted, 'the key decides');
  t.match(matchOf('issuer,serial', 'CN=Nobody,0A1B2C'), [{ line: 2, column: 'issuer', message: /no authority/ }]);
  t.match(matchOf('issuer,serial', 'CN=Corporate CA,1.5E+20'), [{ line: 2, column: 'serial' }]);
  t.match(matchOf('serial', '0A1B2C'), [{ line: 2, column: 'serial', message: /nothing without its issuer/ }]);
  t.match(matchOf('issuer_key', KEY), [{ line: 2, column: 'issuer_key', message: /without a serial/ }]);
});

t.test('one way to name a certificate', async (t) => {
  t.strictSame(cell('fingerprint', KEY).clients[0]?.credential?.match, { kind: 'fingerprint', fingerprint: KEY });
  const { clients } = read(`account,spki,fingerprint,issuer,label\nalice,${KEY},${OTHER},CN=Anyone,card\n`);
  const wanted: NewCredential = {
    match: { kind: 'spki', spki: KEY },
    fingerprint: OTHER,
    issuerName: 'CN=Anyone',
    label: 'card',
  };
  t.strictSame(clients[0]?.credential, wanted);
  t.match(read(`account,spki,tbs\nalice,${KEY},${OTHER}\n`).problems, [
    { line: 2, column: 'tbs', message: /two ways/ },
  ]);
  t.match(read('account,label\nalice,card\n').problems, [{ line: 2, column: 'label', message: /no certificate/ }]);
  t.match(read('account,issuer\nalice,CN=Corporate CA\n').problems, [{ line: 2, column: 'issuer' }]);
  t.equal(cell('notes', 'none').clients[0]?.credential, undefined);
});

t.test('JSON', async (t) => {
  const good = `[\n{"account":"alice","roles":["a|b"],"enabled":false,"validUntil":null,\n"certificates":[{"spki":"${KEY}"},{"tbs":"${KEY}"}]},\n{"account":"bob"}]`;
  t.strictSame(
    read(good).clients.map(({ line, name, account: { roles, enabled }, credential }) => [
      line,
      name,
      roles,
      enabled,
      credential?.match.kind,
    ]),
    [
      [2, 'alice', ['a|b'], false, 'spki'],
      [2, 'alice', ['a|b'], false, 'tbs'],
      [4, 'bob', undefined, undefined, undefined],
    ],
  );
  const problemsOf = (text: string) => read(text).problems;
  t.match(problemsOf('[\n{"account":"a"},\n{b}]'), [{ line: 3, message: /no JSON/ }]);
  t.match(readJson('{"account":"a"}').problems, [{ line: 1, message: /expected a list/ }]);
  t.match(
    problemsOf(`[
{"account":"a","kind":7},
{"account":"b","colour":"red","serial":"0A"},

"c", {"account":"d","roles":"ops"},
{"account":"e, \\"f\\" [{","enabled":"yes","certificates":{}}, {"account":"g","certificates":[{"spki":"x"}]}
]`).map(({ line, column }) => [line, column]),
    [
      [2, 'kind'],
      [3, 'colour'],
      [3, 'serial'],
      [5, undefined],
      [5, 'roles'],
      [6, 'enabled'],
      [6, 'certificates'],
      [6, 'spki'],
    ],
  );
});

const ACCOUNT: AccountRecord = {
  name: 'alice',
  displayName: 'Alice',
  kind: 'person',
  roles: ['ops'],
  validFrom: undefined,
  validUntil: 1_800_000_000_000,
  enabled: true,
  notes: '',
  createdAt: 1,
  changedAt: 1,
};
const CREDENTIAL: Credential = {
  id: 'one',
  account: 'alice',
  match: { kind: 'issuer-serial', issuerSpki: KEY, serial: '0A' },
  fingerprint: OTHER,
  issuerName: '',
  label: '',
  createdAt: 1,
  lastSeenAt: undefined,
};

function plan(text: string, update = false) {
  const { clients, problems } = read(text);
  t.strictSame(problems, []);
  return planImport(clients, { accounts: [ACCOUNT], credentials: [CREDENTIAL] }, { update, columnOf });
}

t.test('lines of one account', async (t) => {
  const { changes, lines, problems } = plan(`account,kind,spki\nbob,app,${KEY}\ncarol,,\nbob,,${OTHER}\n`);
  t.strictSame(problems, []);
  t.strictSame(
    changes.map((change) => change.do),
    ['add-account', 'add-account', 'add-credential'],
  );
  t.strictSame(lines, [2, 3, 4]);
  t.match(plan('account,kind,notes\nbob,app,a\nbob,device,b\n').problems, [
    { line: 3, column: 'kind', message: /line 2/ },
    { line: 3, column: 'notes' },
  ]);
  t.match(plan(`account,spki\nbob,${KEY}\ncarol,${KEY}\n`).problems, [
    { line: 3, message: 'the certificate is one of bob' },
  ]);
});

t.test('what is there', async (t) => {
  t.match(plan('account,roles\nalice,ops\n'), { changes: [], problems: [], unchanged: 1 }, 'as it is');
  t.match(plan('account,notes\nalice,\n'), { changes: [], problems: [] }, 'nothing said');
  const added = plan(`account,spki\nalice,${KEY}\n`);
  t.match(added, { changes: [{ do: 'add-credential', account: 'alice' }], problems: [] }, 'another certificate');
  const there = `account,issuer_key,serial\nalice,${KEY},0A\n`;
  t.match(plan(there), { changes: [], problems: [], unchanged: 1 }, 'a certificate that it has');
  t.match(
    plan(`account,fingerprint\nalice,${OTHER}\n`),
    { changes: [], problems: [], unchanged: 1 },
    'by its fingerprint',
  );
  t.match(plan(there.replace('alice', 'bob')).problems, [{ line: 2, message: 'the certificate is one of alice' }]);
  t.match(plan(`account,fingerprint\nbob,${OTHER}\n`).problems, [
    { line: 2, message: 'the certificate is one of alice' },
  ]);
  t.match(plan('account,kind,roles\nalice,app,ops\n').problems, [{ line: 2, column: 'kind', message: /--update/ }]);
});

t.test('with --update the file goes', async (t) => {
  t.match(plan('account,kind,roles,valid_until,notes\nalice,,,,new\n', true), {
    changes: [{ do: 'edit-account', name: 'alice', set: { roles: [], validUntil: null, notes: 'new' } }],
    problems: [],
  });
  const [change] = plan('account,notes\nalice,new\n', true).changes;
  t.strictSame(
    change,
    { do: 'edit-account', name: 'alice', set: { notes: 'new' } },
    'columns that are not there change nothing',
  );
});
