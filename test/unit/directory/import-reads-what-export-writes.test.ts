// Whatever is in a directory comes back from its export as it was, and no spreadsheet takes any of it for a formula.

import fc from 'fast-check';
import t from 'tap';
import { type ExportedAccount, writeCsv, writeJson } from '../../../src/directory/export-clients.ts';
import { readClient } from '../../../src/directory/import-client.ts';
import { readCsv } from '../../../src/directory/import-csv.ts';
import { readJson } from '../../../src/directory/import-json.ts';
import { planImport } from '../../../src/directory/import-plan.ts';
import { columnOf } from '../../../src/directory/import-rows.ts';
import { planChanges } from '../../../src/directory/plan.ts';
import type { AccountRecord, Credential, CredentialMatch } from '../../../src/model/client.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const name = fc
  .string({ unit: fc.constantFrom(...'ab=+-@|\\\'";,.[]{}# ü漢'), minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() === text);
const text = fc.string({ unit: fc.constantFrom(...'ab=+-@|\\\'";,\t\r\n ü漢'), maxLength: 12 });
const moment = fc.integer({ min: 0, max: 4_000_000_000_000 });

const match: fc.Arbitrary<CredentialMatch> = fc.oneof(
  digest.map((spki) => ({ kind: 'spki', spki }) as const),
  digest.map((tbs) => ({ kind: 'tbs', tbs }) as const),
  digest.map((fingerprint) => ({ kind: 'fingerprint', fingerprint }) as const),
  fc
    .tuple(digest, fc.constantFrom('0A', 'FF01', '7F'.repeat(20)))
    .map(([issuerSpki, serial]) => ({ kind: 'issuer-serial', issuerSpki, serial }) as const),
);

const account: fc.Arbitrary<ExportedAccount> = fc
  .record({
    name,
    displayName: text,
    kind: fc.constantFrom('person', 'app', 'device'),
    roles: fc.array(name, { maxLength: 3 }),
    from: fc.option(moment),
    lasts: fc.option(moment),
    enabled: fc.boolean(),
    notes: text,
    certificates: fc.uniqueArray(fc.record({ match, issuerName: text, label: text }), {
      maxLength: 3,
      selector: ({ match }) => JSON.stringify(match),
    }),
  })
  .map(({ certificates, from, lasts, ...rest }) => {
    const validUntil = lasts === null ? undefined : (from ?? 0) + lasts;
    const record: AccountRecord = { ...rest, validFrom: from ?? undefined, validUntil, createdAt: 1, changedAt: 1 };
    const credentials = certificates.map(
      (certificate, index): Credential => ({
        ...certificate,
        id: String(index),
        account: rest.name,
        fingerprint: undefined,
        createdAt: 1,
        lastSeenAt: undefined,
      }),
    );
    return { account: record, credentials };
  });

const directory = fc.uniqueArray(account, { maxLength: 4, selector: (each) => each.account.name });

/** What the accounts become in an empty directory. */
function bringIn(written: string, format: 'csv' | 'json'): ExportedAccount[] {
  const { rows, problems } = format === 'csv' ? readCsv(written) : readJson(written);
  const resolveIssuer = () => ({ flaw: 'nothing is resolved: keys are written' });
  const clients = rows.map((row) => {
    const one = readClient(row, { resolveIssuer, columnOf });
    if ('problems' in one) throw new Error(JSON.stringify(one.problems));
    return one.client;
  });
  const nothing = { accounts: [], credentials: [], blocks: [] };
  const imported = planImport(clients, nothing, { update: false, columnOf });
  if (problems.length + imported.problems.length > 0) throw new Error(JSON.stringify([problems, imported.problems]));
  let ids = 0;
  const context = { generation: 1, now: 1, createId: () => String(ids++) };
  const planned = planChanges(nothing, { actor: 'test', changes: imported.changes }, context);
  if (planned.problems.length > 0) throw new Error(JSON.stringify(planned.problems));
  return planned.accounts.map((record) => ({
    account: record,
    credentials: planned.credentials.filter((each) => each.account === record.name),
  }));
}

const withoutIds = (accounts: readonly ExportedAccount[]) =>
  accounts.map(({ account, credentials }) => ({
    account,
    credentials: credentials.map((each) => ({ ...each, id: '' })),
  }));

t.test('there and back', async () => {
  fc.assert(
    fc.property(directory, (accounts) => {
      // A certificate can be one account's only.
      const seen = new Set<string>();
      const sound = accounts.map(({ account, credentials }) => ({
        account,
        credentials: credentials.filter(({ match }) => {
          const key = JSON.stringify(match);
          return !seen.has(key) && seen.add(key);
        }),
      }));
      t.strictSame(withoutIds(bringIn(writeCsv(sound), 'csv')), withoutIds(sound));
      t.strictSame(withoutIds(bringIn(writeJson(sound), 'json')), withoutIds(sound));
    }),
    { numRuns: 200 },
  );
});

t.test('no cell is a formula', async (t) => {
  fc.assert(
    fc.property(text, (notes) => {
      const record = { name: 'a', displayName: '', kind: 'app', roles: [], enabled: true } as const;
      const exported = { ...record, notes, validFrom: undefined, validUntil: undefined, createdAt: 1, changedAt: 1 };
      const [, cell = ''] =
        /,true,("?[\s\S]*?)(,,,,,,,)\r\n$/.exec(writeCsv([{ account: exported, credentials: [] }])) ?? [];
      t.notMatch(cell, /^"?[=+\-@\t\r]/);
    }),
    { numRuns: 200 },
  );
});
