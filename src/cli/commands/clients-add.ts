// portcullis clients add: a new account, a certificate for one that is there, or both at once.

import { Command } from 'commander';
import type { NewAccount, NewCredential } from '../../directory/changes.ts';
import { StartFault } from '../../model/fault.ts';
import { type AccountOptions, accountOptions, whyOption } from '../account-options.ts';
import { type AdminOptions, adminOptions } from '../admin-client.ts';
import { type CertificateOptions, certificateOptions, chooseCertificate, type Misuse } from '../choose-certificate.ts';
import { configOption } from '../config-file.ts';
import { describeMatch, toVisible } from '../directory-text.ts';
import { findLoggedRequest } from '../logged-request.ts';
import { findRecentRequest } from '../recent-request.ts';
import { applyChanges, findActor, type OpenedDirectory, useDirectory } from '../use-directory.ts';

const EXAMPLE = `
An account that is there gets the certificate beside those it has. A certificate is one account's alone.

Example:
  portcullis clients add alice --cert certs/dev/alice.pem --role ops
`;

interface Options extends AccountOptions, CertificateOptions, AdminOptions {
  readonly request?: string;
  readonly log?: string;
  readonly label?: string;
  readonly why?: string;
}

export function addCommand(finish: (exitCode: number) => void): Command {
  const command = new Command('add')
    .description('Add an account, or a certificate to an account.')
    .argument('<account>', 'name of the account')
    .addOption(configOption());
  for (const option of [...accountOptions(), ...certificateOptions(), ...adminOptions()]) command.addOption(option);
  return command
    .option('--request <id>', 'the certificate that came with this request, by its fingerprint')
    .option('--log <file>', 'with --request: log of the gateway, or - for standard input; left out: its admin API')
    .option('--label <text>', 'what the certificate is called')
    .addOption(whyOption())
    .addHelpText('after', EXAMPLE)
    .action(async (name: string, options: Options) => {
      const misuse: Misuse = (message) => command.error(`error: ${message}`);
      const code = await useDirectory({ config: options.config, create: true }, (opened) =>
        addClient(name, options, opened, misuse),
      );
      finish(code);
    });
}

async function addClient(name: string, options: Options, opened: OpenedDirectory, misuse: Misuse): Promise<number> {
  const { label, why = '' } = options;
  const { store } = opened;
  const chosen = await chooseNew(options, opened, misuse);
  if (chosen === undefined && label !== undefined) misuse('--label is for a certificate');
  const credential = chosen && { ...chosen, ...(label !== undefined && { label }) };
  const account = { name, ...accountOf(options) };
  const credentials = credential === undefined ? [] : [credential];
  const outcome = await store.change({
    actor: findActor(),
    why,
    changes: [{ do: 'add-account', account, credentials }],
  });
  if (outcome.done) {
    process.stdout.write(`account ${toVisible(name)} added\n`);
    say(credential, outcome.made[0]);
    return 0;
  }
  const [problem] = outcome.problems;
  if (problem?.code !== 'account-exists') throw new StartFault(problem?.message ?? '');
  if (credential === undefined || Object.keys(accountOf(options)).length > 1 || options.kind !== undefined) {
    throw new StartFault(`${problem.message}; change it by: portcullis clients update`);
  }
  const { made } = await applyChanges(store, [{ do: 'add-credential', account: name, credential }], why);
  say(credential, made[0]);
  return 0;
}

async function chooseNew(
  options: Options,
  { configuration }: OpenedDirectory,
  misuse: Misuse,
): Promise<NewCredential | undefined> {
  const { request, log } = options;
  const chosen = await chooseCertificate(options, configuration, misuse);
  if (log !== undefined && request === undefined) misuse('--log goes with --request');
  if (request === undefined) return chosen;
  if (chosen !== undefined) misuse('--request names the certificate already');
  const found = log === undefined ? findRecentRequest(options, request) : findLoggedRequest(log, request);
  const { fingerprint, issuer, subject } = await found;
  return { match: { kind: 'fingerprint', fingerprint }, issuerName: issuer, label: subject };
}

function accountOf({ kind = 'person', displayName, role, from, until, notes }: Options): Omit<NewAccount, 'name'> {
  return {
    kind,
    ...(displayName !== undefined && { displayName }),
    ...(role !== undefined && { roles: role }),
    ...(from !== undefined && { validFrom: from }),
    ...(until !== undefined && { validUntil: until }),
    ...(notes !== undefined && { notes }),
  };
}

function say(credential: NewCredential | undefined, [id = ''] = [] as readonly string[]): void {
  if (credential === undefined) return;
  const { match, issuerName } = credential;
  process.stdout.write(`certificate ${id} added: ${toVisible(describeMatch(match, issuerName))}\n`);
}
