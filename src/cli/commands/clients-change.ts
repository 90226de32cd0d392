// portcullis clients update, disable, enable, remove: what becomes of an account that is there.

import { Command } from 'commander';
import type { AccountEdit } from '../../directory/changes.ts';
import type { DirectoryStore } from '../../directory/store.ts';
import type { Credential } from '../../model/client.ts';
import { StartFault } from '../../model/fault.ts';
import { type AccountOptions, accountOptions, whyOption } from '../account-options.ts';
import { configOption } from '../config-file.ts';
import { describeMatch, toVisible } from '../directory-text.ts';
import { applyChanges, readContent, useDirectory } from '../use-directory.ts';

type Finish = (exitCode: number) => void;

interface CommonOptions {
  readonly config: string;
  readonly why?: string;
}

/** `false`: it is taken away. */
type UpdateOptions = CommonOptions &
  Omit<AccountOptions, 'role' | 'from' | 'until'> & {
    readonly role?: AccountOptions['role'] | false;
    readonly from?: number | false;
    readonly until?: number | false;
  };

export function updateCommand(finish: Finish): Command {
  const command = commonCommand('update', 'Change an account. What is not named stays.');
  for (const option of accountOptions()) command.addOption(option);
  return command
    .option('--no-role', 'it has no roles any more; --role puts others in the place of all')
    .option('--no-from', 'its permission has no beginning')
    .option('--no-until', 'its permission has no end')
    .addHelpText('after', '\nExample:\n  portcullis clients update alice --role ops --role night --until 2030-12-31\n')
    .action(async (name: string, options: UpdateOptions) => {
      const set = editOf(options);
      if (Object.keys(set).length === 0) command.error('error: nothing is to be changed');
      finish(await edit(name, set, options, 'changed'));
    });
}

function editOf({ kind, displayName, role, from, until, notes }: UpdateOptions): AccountEdit {
  return {
    ...(kind !== undefined && { kind }),
    ...(displayName !== undefined && { displayName }),
    ...(role !== undefined && { roles: role || [] }),
    ...(from !== undefined && { validFrom: from === false ? null : from }),
    ...(until !== undefined && { validUntil: until === false ? null : until }),
    ...(notes !== undefined && { notes }),
  };
}

export function disableCommand(finish: Finish): Command {
  return commonCommand('disable', 'Refuse the certificates of an account until it is enabled again.')
    .addHelpText(
      'after',
      '\nIts open streams are closed.\n\nExample:\n  portcullis clients disable alice --why "on leave"\n',
    )
    .action(async (name: string, options: CommonOptions) => {
      finish(await edit(name, { enabled: false }, options, 'disabled'));
    });
}

export function enableCommand(finish: Finish): Command {
  return commonCommand('enable', 'Let in an account that was disabled.')
    .addHelpText('after', '\nExample:\n  portcullis clients enable alice\n')
    .action(async (name: string, options: CommonOptions) => {
      finish(await edit(name, { enabled: true }, options, 'enabled'));
    });
}

function commonCommand(name: string, about: string): Command {
  return new Command(name)
    .description(about)
    .argument('<account>', 'name of the account')
    .addOption(configOption())
    .addOption(whyOption());
}

function edit(name: string, set: AccountEdit, { config, why }: CommonOptions, verb: string): Promise<number> {
  return useDirectory({ config }, async ({ store }) => {
    await applyChanges(store, [{ do: 'edit-account', name, set }], why);
    process.stdout.write(`account ${toVisible(name)} ${verb}\n`);
    return 0;
  });
}

const REMOVE_EXAMPLE = `
What is taken away is printed, and kept in the history. Blocks stay, and hold for another account of that name.

Example:
  portcullis clients remove alice --why "left the company"
`;

interface RemoveOptions extends CommonOptions {
  readonly certificate?: string;
}

export function removeCommand(finish: Finish): Command {
  return commonCommand('remove', 'Remove an account with its certificates, or one certificate.')
    .option('--certificate <id>', 'only this one, by the id that `clients list` shows')
    .addHelpText('after', REMOVE_EXAMPLE)
    .action(async (name: string, { config, why, certificate }: RemoveOptions) => {
      const code = await useDirectory({ config }, async ({ store }) => {
        if (certificate === undefined) await removeAccount(store, name, why);
        else await removeCertificate(store, name, certificate, why);
        return 0;
      });
      finish(code);
    });
}

async function removeAccount(store: DirectoryStore, name: string, why: string | undefined): Promise<void> {
  const { generation } = await applyChanges(store, [{ do: 'remove-account', name }], why);
  // What was there is in the audit; another look before could have seen something else.
  const [entry] = await store.readAudit({ limit: 1, before: generation + 1 });
  const { credentials } = JSON.parse(entry?.detail ?? '') as { credentials: readonly Credential[] };
  process.stdout.write(`account ${toVisible(name)} removed\n`);
  credentials.forEach(sayRemoved);
}

async function removeCertificate(store: DirectoryStore, name: string, id: string, why = ''): Promise<void> {
  const { credentials } = await readContent(store);
  const credential = credentials.find((each) => each.id === id && each.account === name);
  if (credential === undefined) throw new StartFault(`the account ${name} has no certificate ${id}`);
  await applyChanges(store, [{ do: 'remove-credential', id }], why);
  sayRemoved(credential);
}

function sayRemoved({ id, match, issuerName }: Credential): void {
  process.stdout.write(`certificate ${id} removed: ${toVisible(describeMatch(match, issuerName))}\n`);
}
