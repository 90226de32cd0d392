// portcullis crl: bring in a revocation list by hand, and see the state of all.

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { judgeAlone } from '../../app/judge-alone.ts';
import { nameOf, type Placement, placeLists } from '../../app/place-lists.ts';
import { type ListState, type ReportedList, reportLists, type StoreReport } from '../../app/report-lists.ts';
import { withLock } from '../../authority/lock.ts';
import { replaceFile } from '../../authority/replace-file.ts';
import type { LoadedTrust } from '../../config/files/trust-stores.ts';
import type { Configuration } from '../../config/load.ts';
import type { CrlFacts } from '../../model/certificate.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { readCrlsElsewhere } from '../../revocation/read-crls.ts';
import { configOption, loadOrReport } from '../config-file.ts';
import { readBytes } from '../credential-files.ts';

type Finish = (exitCode: number) => void;

const ADD_EXAMPLE = `
A list is taken only when an authority of a trust store has signed it and it is newer than what is there; it is written
into the first folder that \`revocation.crl\` of the trust store names. With any problem nothing is written.

Example:
  portcullis crl add certs/dev/ca.crl
`;

const STATUS_EXAMPLE = `
Exit code 1: clients are refused because a list is missing or has run out (mode hard).

Example:
  portcullis crl status -c config/portcullis.yaml
`;

export function crlCommand(finish: Finish): Command {
  return new Command('crl')
    .description('The revocation lists of the trust stores.')
    .addCommand(addCommand(finish))
    .addCommand(statusCommand(finish))
    .addHelpText('after', '\nExample:\n  portcullis crl status\n');
}

interface AddOptions {
  readonly config: string;
  readonly trust?: string;
}

function addCommand(finish: Finish): Command {
  return new Command('add')
    .description('Bring in the revocation lists of a file.')
    .argument('<file>', 'PEM, DER or PKCS#7, told apart by content')
    .addOption(configOption())
    .option('--trust <name>', 'for this trust store only; left out: for each that knows the authority')
    .addHelpText('after', ADD_EXAMPLE)
    .action(async (file: string, { config, trust }: AddOptions) => {
      const configuration = await loadOrReport(config, { emptyCrlFolder: 'warning' });
      if (configuration === undefined) return finish(1);
      const crls = await readLists(file);
      const { placements, problems, notes } = await placeLists(crls, storesOf(configuration, trust), systemClock());
      if (problems.length > 0) {
        process.stderr.write(problems.map((problem) => `portcullis: ${file}: ${problem}\n`).join(''));
        process.stderr.write('portcullis: nothing was written\n');
        return finish(1);
      }
      for (const placement of placements) await write(placement);
      for (const note of notes) process.stdout.write(`${note}\n`);
      if (placements.length > 0)
        process.stdout.write('A running gateway takes it by itself, or when it reloads (SIGHUP).\n');
    });
}

function storesOf({ trustStores }: Configuration, name: string | undefined): LoadedTrust[] {
  if (name === undefined) return [...trustStores.values()];
  const loaded = trustStores.get(name);
  if (loaded !== undefined) return [loaded];
  const names = [...trustStores.keys()].map((each) => `"${each}"`).join(', ');
  throw new StartFault(`--trust: there is no trust store "${name}"; there are ${names}`);
}

/** All of them, or none: what else is in the file might be what matters. */
async function readLists(file: string): Promise<CrlFacts[]> {
  const { crls, problems } = await readCrlsElsewhere(await readBytes(file));
  if (problems.length === 0) return crls.map(({ facts }) => facts);
  const lines = problems.map(({ line, message }) => `${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  throw new StartFault(lines.join('\nportcullis: '));
}

/** Whoever reads the folder meanwhile sees the old list or the new one. Hidden files are nobody's lists. */
async function write({ crl, trust, file, replaced }: Placement): Promise<void> {
  const place = async () => {
    const found = await readFile(file).catch(() => undefined);
    if ((found && hash('sha256', found, 'hex')) !== replaced) {
      throw new StartFault(`${file} was changed by somebody else; try again`);
    }
    await replaceFile(file, crl.der, 0o644);
  };
  try {
    await withLock(dirname(file), place, { name: '.lock' });
  } catch (error) {
    if (error instanceof StartFault) throw error;
    throw new StartFault(`${file} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
  const verb = replaced === undefined ? 'written' : 'replaced';
  process.stdout.write(`${nameOf(crl)} for trust store "${trust}": ${file} ${verb}\n`);
}

interface StatusOptions {
  readonly config: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

function statusCommand(finish: Finish): Command {
  return new Command('status')
    .description('Show every revocation list: where it comes from, its age, its next update and its state.')
    .addOption(configOption())
    .option('--offline', 'ask no address of the configuration; left out: each is asked now')
    .option('--json', 'write the lists as JSON')
    .addHelpText('after', STATUS_EXAMPLE)
    .action(async ({ config, offline = false, json = false }: StatusOptions) => {
      const configuration = await loadOrReport(config);
      if (configuration === undefined) return finish(1);
      const [now, online] = [systemClock(), !offline];
      const judging = await judgeAlone(configuration, { now, online });
      const stores = await reportLists(configuration, judging, { now, online }).finally(judging.close);
      process.stdout.write(json ? `${JSON.stringify(toJson(stores), null, 2)}\n` : toText(stores, now));
      finish(stores.some(({ refuses }) => refuses) ? 1 : 0);
    });
}

function toJson(stores: readonly StoreReport[]): object {
  const listOf = ({ number, thisUpdate, end, ...list }: ReportedList) => ({
    ...list,
    number: number?.toString(),
    thisUpdate: new Date(thisUpdate).toISOString(),
    nextUpdate: new Date(end).toISOString(),
  });
  return {
    refuses: stores.some(({ refuses }) => refuses),
    stores: stores.map((store) => ({ ...store, lists: store.lists.map(listOf) })),
  };
}

const STATE_WIDTH = Math.max(
  ...(['superseded', 'in force', 'unusable'] satisfies ListState[]).map(({ length }) => length),
);

function toText(stores: readonly StoreReport[], now: number): string {
  const line = (state: string, text: string) => `  ${state.padEnd(STATE_WIDTH)}  ${text}\n`;
  return stores
    .map(({ trust, mode, depth, lists, silent, missing, refuses }) => {
      const head = mode === 'off' ? `${trust}: revocation is off\n` : `${trust}: mode ${mode}, depth ${depth}\n`;
      const missed = refuses ? 'what it issued is refused' : 'no list answers for what it issued';
      return [
        head,
        ...lists.map((list) => line(list.state, describeList(list, now))),
        ...silent.map(({ address, why }) => line('silent', `${address}: ${why}`)),
        ...missing.map(({ issuer, why }) => line('missing', `${issuer}: ${missed}: ${why}`)),
      ].join('');
    })
    .join('');
}

function describeList({ source, issuer, number, isDelta, entries, thisUpdate, end, why }: ReportedList, now: number) {
  const facts = [
    ...(isDelta ? ['delta'] : []),
    ...(number === undefined ? [] : [`number ${number}`]),
    `${entries} ${entries === 1 ? 'entry' : 'entries'}`,
    `made ${formatSpan(thisUpdate, now)}`,
    `next update ${formatSpan(end, now)}`,
    source,
    ...(why === undefined ? [] : [why]),
  ];
  return `${issuer}: ${facts.join(', ')}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** `in 5 d`, `3 h ago`: whole units, of the largest kind of which there are at least two. */
function formatSpan(at: number, now: number): string {
  const ms = Math.abs(at - now);
  const [unit, size] = UNITS.find(([, each]) => ms >= 2 * each) ?? ['s', 1000];
  const span = `${Math.floor(ms / size)} ${unit}`;
  return at > now ? `in ${span}` : `${span} ago`;
}
