// portcullis block, unblock, blocks: refuse a certificate or an account at once, everywhere.

import { Command } from 'commander';
import { namesByKey } from '../../decision/find-issuer.ts';
import { findBlockTarget } from '../../directory/block-target.ts';
import type { NewCredential } from '../../directory/changes.ts';
import { formatMatch } from '../../directory/match.ts';
import type { Block, BlockMatch } from '../../model/client.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { untilOption, whyOption } from '../account-options.ts';
import {
  type CertificateOptions,
  certificateOptions,
  chooseCertificate,
  type Misuse,
  storesOf,
} from '../choose-certificate.ts';
import { configOption } from '../config-file.ts';
import { blockToJson, describeMatch, formatMoment, formatTable, isInForce, toVisible } from '../directory-text.ts';
import { applyChanges, type OpenedDirectory, readContent, useDirectory } from '../use-directory.ts';

type Finish = (exitCode: number) => void;

interface TargetOptions extends CertificateOptions {
  readonly config: string;
  readonly account?: string;
}

interface BlockOptions extends TargetOptions {
  readonly reason?: string;
  readonly until?: number;
}

const BLOCK_EXAMPLE = `
The next request is refused, and open streams are closed, within a second on every gateway. Of a fingerprint, what its
certificate is known by in the directory, or among those seen in the traffic, is blocked: its holder can change it.

Example:
  portcullis block --cert certs/dev/bob.pem --reason "laptop stolen"
`;

export function blockCommand(finish: Finish): Command {
  const command = targetCommand('block', 'Refuse a certificate or an account, now and everywhere.');
  return command
    .option('--reason <text>', 'why; required')
    .addOption(
      untilOption('--until <time>', 'last moment it holds: a time in RFC 3339, or a day; left out: until it is undone'),
    )
    .addHelpText('after', BLOCK_EXAMPLE)
    .action(async (options: BlockOptions) => {
      const misuse: Misuse = (message) => command.error(`error: ${message}`);
      const { config, reason = '', until } = options;
      if (reason.trim() === '') misuse('a block needs a reason: --reason');
      if (until !== undefined && until < systemClock()) misuse('--until is over already');
      const code = await useDirectory({ config, create: true }, async (opened) => {
        const { match, issuerName } = await chooseTarget(options, opened, misuse);
        const change = { do: 'add-block', match, reason, ...(until !== undefined && { until }) } as const;
        const { made } = await applyChanges(opened.store, [change], reason);
        process.stdout.write(`block ${made[0]?.[0]}: ${toVisible(describeMatch(match, issuerName))}\n`);
        return 0;
      });
      finish(code);
    });
}

const UNBLOCK_EXAMPLE = `
Blocks are named by their ids, which \`blocks\` shows, or by what they block as it was given to \`block\`.

Example:
  portcullis unblock --cert certs/dev/bob.pem --why "found again"
`;

export function unblockCommand(finish: Finish): Command {
  const command = targetCommand('unblock', 'Undo blocks.').argument('[id...]', 'ids of blocks');
  return command
    .addOption(whyOption())
    .addHelpText('after', UNBLOCK_EXAMPLE)
    .action(async (ids: readonly string[], options: TargetOptions & { readonly why?: string }) => {
      const misuse: Misuse = (message) => command.error(`error: ${message}`);
      const code = await useDirectory(options, async (opened) => {
        const found = ids.length > 0 ? ids : await findBlocks(await chooseTarget(options, opened, misuse), opened);
        await applyChanges(
          opened.store,
          found.map((id) => ({ do: 'remove-block', id })),
          options.why,
        );
        for (const id of found) process.stdout.write(`block ${toVisible(id)} undone\n`);
        return 0;
      });
      finish(code);
    });
}

async function findBlocks({ match, issuerName }: Target, { store }: OpenedDirectory): Promise<string[]> {
  const wanted = formatMatch(match);
  const { blocks } = await readContent(store);
  const found = blocks.filter((block) => formatMatch(block.match) === wanted).map(({ id }) => id);
  if (found.length === 0) throw new StartFault(`there is no block of ${describeMatch(match, issuerName)}`);
  return found;
}

function targetCommand(name: string, about: string): Command {
  const command = new Command(name).description(about).addOption(configOption());
  for (const option of certificateOptions()) command.addOption(option);
  return command.option('--account <name>', 'every certificate of this account');
}

interface Target {
  readonly match: BlockMatch;
  readonly issuerName: string | undefined;
}

async function chooseTarget(options: TargetOptions, opened: OpenedDirectory, misuse: Misuse): Promise<Target> {
  const { account } = options;
  const chosen = await chooseCertificate(options, opened.configuration, misuse);
  if ((chosen === undefined) === (account === undefined)) {
    misuse('name one thing: a certificate (--cert, --serial, --public-key, --fingerprint) or --account');
  }
  if (account !== undefined) return { match: { kind: 'account', account }, issuerName: undefined };
  return resolve(chosen ?? unreachable(), opened);
}

async function resolve(chosen: NewCredential, { store }: OpenedDirectory): Promise<Target> {
  const found = await findBlockTarget(chosen, store);
  if (!('flaw' in found)) return found;
  if (found.flaw === 'unknown') {
    throw new StartFault('no certificate with this fingerprint is known, nor was one seen; name its file by --cert');
  }
  throw new StartFault(
    `the certificate was never seen, and its holder can change its fingerprint: name its file by --cert, or block its account: --account ${found.account}`,
  );
}

function unreachable(): never {
  throw new Error('unreachable');
}

interface BlocksOptions {
  readonly config: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function blocksCommand(finish: Finish): Command {
  return new Command('blocks')
    .description('Show what is blocked, by whom, since when and until when.')
    .addOption(configOption())
    .option('--all', 'also blocks whose end has come')
    .option('--json', 'write them as JSON')
    .addHelpText('after', '\nExample:\n  portcullis blocks --all\n')
    .action(async ({ config, all = false, json = false }: BlocksOptions) => {
      const code = await useDirectory({ config }, async ({ store, configuration }) => {
        const now = systemClock();
        const { blocks } = await readContent(store);
        const shown = blocks.filter((block) => all || isInForce(block, now)).sort((a, b) => a.createdAt - b.createdAt);
        const toJson = () =>
          `${JSON.stringify(
            shown.map((block) => blockToJson(block, now)),
            null,
            2,
          )}\n`;
        process.stdout.write(json ? toJson() : toText(shown, namesByKey(storesOf(configuration))));
        return 0;
      });
      finish(code);
    });
}

function toText(blocks: readonly Block[], names: ReadonlyMap<string, string>): string {
  if (blocks.length === 0) return 'nothing is blocked\n';
  return formatTable(
    blocks.map(({ id, match, reason, until, createdAt, createdBy }) => [
      id,
      describeMatch(match, match.kind === 'issuer-serial' ? names.get(match.issuerSpki) : undefined),
      until === undefined ? 'until undone' : `until ${formatMoment(until)}`,
      `${formatMoment(createdAt)} by ${createdBy}`,
      reason,
    ]),
  );
}
