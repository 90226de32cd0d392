// portcullis clients import, export: the directory from and to CSV and JSON.

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Command, Option } from 'commander';
import { createIssuerLookUp } from '../../decision/find-issuer.ts';
import { MAX_CHANGES } from '../../directory/changes.ts';
import { writeCsv, writeJson } from '../../directory/export-clients.ts';
import { type ImportedClient, readClient } from '../../directory/import-client.ts';
import { readCsv } from '../../directory/import-csv.ts';
import { readJson } from '../../directory/import-json.ts';
import { type ImportPlan, placeProblems, planImport } from '../../directory/import-plan.ts';
import { columnOf, type Field, type ImportProblem, MAX_IMPORT_BYTES } from '../../directory/import-rows.ts';
import { planChanges } from '../../directory/plan.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { whyOption } from '../account-options.ts';
import { storesOf } from '../choose-certificate.ts';
import { configOption } from '../config-file.ts';
import { writeNew } from '../credential-files.ts';
import { toVisible } from '../directory-text.ts';
import { findActor, groupCredentials, type OpenedDirectory, readContent, useDirectory } from '../use-directory.ts';

type Finish = (exitCode: number) => void;
type Format = 'csv' | 'json';

const IMPORT_EXAMPLE = `
All of it in one transaction, or, with every problem told by its line, nothing. docs/clients.md lists the columns.

Example:
  portcullis clients import clients.csv --dry-run
`;

interface ImportOptions {
  readonly config: string;
  readonly format?: Format;
  readonly update?: boolean;
  readonly dryRun?: boolean;
  readonly why?: string;
}

export function importCommand(finish: Finish): Command {
  const command: Command = new Command('import')
    .description('Add the accounts and certificates of a CSV or JSON file.')
    .argument('<file>', 'the file, in UTF-8; - for standard input')
    .addOption(configOption())
    .addOption(new Option('--format <format>', 'what it is; left out: by its extension').choices(['csv', 'json']))
    .option('--update', 'accounts that are there become as the file says; left out: they must be so already')
    .option('--dry-run', 'change nothing, and tell what would be')
    .addOption(whyOption())
    .addHelpText('after', IMPORT_EXAMPLE);
  return command.action(async (file: string, options: ImportOptions) => {
    const format = options.format ?? formatOf(file);
    if (format === undefined) command.error('error: the file is neither .csv nor .json; say which by --format');
    const text = await readText(file);
    const create = options.dryRun !== true;
    finish(
      await useDirectory({ config: options.config, create }, (opened) =>
        importText(text, { ...options, file, format }, opened),
      ),
    );
  });
}

function formatOf(file: string): Format | undefined {
  const [, extension] = /\.(csv|json)$/i.exec(file) ?? [];
  return extension?.toLowerCase() as Format | undefined;
}

/** Throws StartFault. */
async function readText(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > MAX_IMPORT_BYTES) throw new Error(`more than ${MAX_IMPORT_BYTES} bytes; import it in parts`);
    }
  } catch (error) {
    throw new StartFault(`${file}: ${error instanceof Error ? error.message : error}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new StartFault(`${file} is not in UTF-8; a spreadsheet saves it so as "CSV UTF-8"`);
  }
}

interface ImportTask extends ImportOptions {
  readonly file: string;
  readonly format: Format;
}

async function importText(
  text: string,
  { file, format, update = false, dryRun = false, why = '' }: ImportTask,
  { store, configuration }: OpenedDirectory,
): Promise<number> {
  const fieldName = format === 'csv' ? columnOf : (field: Field) => field;
  const { rows, problems } = format === 'csv' ? readCsv(text) : readJson(text);
  const context = { resolveIssuer: createIssuerLookUp(storesOf(configuration)), columnOf: fieldName };
  const read = rows.map((row) => readClient(row, context));
  const clients: ImportedClient[] = read.flatMap((each) => ('client' in each ? [each.client] : []));
  const existing = await readContent(store);
  const plan = planImport(clients, existing, { update, columnOf: fieldName });
  const { changes, lines } = plan;
  const found = [...problems, ...read.flatMap((each) => ('client' in each ? [] : each.problems)), ...plan.problems];
  if (changes.length > MAX_CHANGES) {
    found.push({ line: undefined, message: `${changes.length} changes at once; at most ${MAX_CHANGES} are possible` });
  }
  const request = { actor: findActor(), why, changes };
  if (found.length > 0 || dryRun) {
    // What the database would say, without asking it to write.
    const touched = { ...existing, blocks: [] };
    const planned = planChanges(touched, request, { generation: 0, now: systemClock(), createId: randomUUID });
    found.push(...placeProblems(planned.problems, lines));
  } else if (changes.length > 0) {
    const outcome = await store.change(request);
    if (!outcome.done) found.push(...placeProblems(outcome.problems, lines));
  }
  if (found.length > 0) return complain(file, found);
  process.stdout.write(`${summarise(plan)}${dryRun ? ' (dry run: nothing was changed)' : ''}\n`);
  return 0;
}

/** By line; those of the whole file first. */
function complain(file: string, problems: readonly ImportProblem[]): number {
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = sorted.map(({ line, column, message }) => {
    const place = [line === undefined ? file : `${file}:${line}`, ...(column === undefined ? [] : [column])];
    return `${toVisible(`${place.join(': ')}: ${message}`)}\n`;
  });
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  process.stderr.write(`${lines.join('')}portcullis: ${count}; nothing was changed\n`);
  return 1;
}

function summarise({ changes, unchanged }: ImportPlan): string {
  const added = changes.filter((change) => change.do === 'add-account');
  const changed = changes.filter((change) => change.do === 'edit-account');
  const inAccounts = added.reduce((sum, { credentials = [] }) => sum + credentials.length, 0);
  const certificates = inAccounts + changes.filter((change) => change.do === 'add-credential').length;
  return `accounts: ${added.length} added, ${changed.length} changed; certificates: ${certificates} added; rows that say nothing new: ${unchanged}`;
}

interface ExportOptions {
  readonly config: string;
  readonly format: Format;
  readonly output?: string;
}

export function exportCommand(finish: Finish): Command {
  return new Command('export')
    .description('Write all accounts and certificates, as `clients import` reads them.')
    .addOption(configOption())
    .addOption(new Option('--format <format>', 'what to write').choices(['csv', 'json']).default('csv'))
    .option('--output <file>', 'a file, which must not be there yet; left out: standard output')
    .addHelpText('after', '\nExample:\n  portcullis clients export --output clients.csv\n')
    .action(async ({ config, format, output }: ExportOptions) => {
      const code = await useDirectory({ config }, async ({ store }) => {
        const { accounts, credentials } = await readContent(store);
        const byAccount = groupCredentials(credentials);
        const exported = accounts.map((account) => ({ account, credentials: byAccount.get(account.name) ?? [] }));
        const text = format === 'csv' ? writeCsv(exported) : writeJson(exported);
        if (output !== undefined) await writeNew(output, text, 0o600);
        process.stdout.write(output === undefined ? text : `accounts written to ${output}: ${accounts.length}\n`);
        return 0;
      });
      finish(code);
    });
}
