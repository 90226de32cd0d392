// portcullis map test: what maps a certificate to an account?

import { Command } from 'commander';
import { suggest } from '../../config/nearest.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { escapeText } from '../../pki/inspect.ts';
import type { MappingStep } from '../../policy/mapping/map-account.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { configOption, loadOrReport } from '../config-file.ts';
import { readChain } from '../credential-files.ts';
import { type MapTestResult, type StoreResult, storesOfMappings, testMappings } from '../map-test.ts';

const EXAMPLE = '\nExample:\n  portcullis map test certs/dev/alice.pem\n';

const ABOUT = `
Each trust store that mappings name is tried; revocation is not asked. Exit code 0: an account, 1: none, or denied.
${EXAMPLE}`;

interface Options {
  readonly config: string;
  readonly trust?: string;
  readonly json?: boolean;
}

export function mapCommand(finish: (exitCode: number) => void): Command {
  return new Command('map')
    .description('Mappings from certificates to accounts.')
    .addHelpText('after', EXAMPLE)
    .addCommand(testCommand(finish));
}

function testCommand(finish: (exitCode: number) => void): Command {
  return new Command('test')
    .description('Show what maps a certificate to an account, and all its X509: strings.')
    .argument('<file>', 'the client certificate, and what it sends behind it: PEM, DER or PKCS#7')
    .addOption(configOption())
    .option('--trust <name>', 'only under this trust store; left out: under each that mappings name')
    .option('--json', 'write it as JSON')
    .addHelpText('after', ABOUT)
    .action(async (file: string, options: Options) => {
      const [leaf, ...presented] = await readChain(file);
      const configuration = await loadOrReport(options.config);
      if (configuration === undefined) return finish(1);
      const { settings } = configuration;
      const trustStores = new Map([...configuration.trustStores].map(([name, { store }]) => [name, store]));
      const result = testMappings({
        leaf,
        presented,
        trust: chooseStores(options.trust, settings.mappings, [...trustStores.keys()]),
        trustStores,
        mappings: settings.mappings,
        validation: settings.validation,
        now: systemClock(),
      });
      process.stdout.write(options.json ? `${JSON.stringify(toJson(result), null, 2)}\n` : toText(result));
      finish(result.stores.some(({ account }) => account !== undefined) ? 0 : 1);
    });
}

function chooseStores(
  chosen: string | undefined,
  mappings: Parameters<typeof storesOfMappings>[0],
  all: readonly string[],
): readonly string[] {
  if (chosen === undefined) return storesOfMappings(mappings, all);
  if (all.includes(chosen)) return [chosen];
  throw new StartFault(`--trust: no trust store is called "${chosen}": ${suggest(chosen, all)}`);
}

function toJson({ stores, ...about }: MapTestResult): object {
  return {
    stores: stores.map(({ path, refusal, ...store }) => ({
      ...store,
      ...(path && { path: path.map(({ subject }) => formatRfc4514(subject)) }),
      ...(refusal && { code: refusal.code, check: refusal.check }),
    })),
    ...about,
  };
}

function toText({ stores, identities, upns, sid, template }: MapTestResult): string {
  const about = [
    ...upns.map((upn) => line('upn', upn)),
    ...(sid === undefined ? [] : [line('sid', sid)]),
    ...[template.name, template.oid].flatMap((name) => (name === undefined ? [] : [line('template', name)])),
  ];
  const blocks = [
    ...stores.map((store) => [`trust store ${store.trust}`, ...linesOf(store)]),
    ['altSecurityIdentities', ...identities.map(({ text, strength }) => line(strength, text))],
    ...(about.length === 0 ? [] : [['certificate', ...about]]),
  ];
  return blocks.map((block) => `${block.join('\n')}\n`).join('\n');
}

function linesOf({ path, refusal, entry, steps }: StoreResult): string[] {
  if (path === undefined) {
    const why = [refusal?.code, refusal?.check, refusal?.note].filter((part) => part !== undefined);
    return [line('refused', why.join(': '))];
  }
  const names = path.map(({ subject }) => formatRfc4514(subject));
  const entries = entry === undefined ? [] : [line('account', `${entry}, by an entry of the directory`)];
  const none = entry === undefined && steps.length === 0 ? [line('-', 'there are no mappings')] : [];
  return [line('path', names.join(' <- ')), ...entries, ...none, ...steps.map(lineOf)];
}

function lineOf({ mapping, strength, outcome, account, note }: MappingStep): string {
  switch (outcome) {
    case 'account':
      return line('account', `${mapping}: ${account} (${strength})`);
    case 'denied':
      return line('denied', mapping);
    case 'no-match':
      return line('-', `${mapping}: ${note}`);
    case 'not-reached':
      return line('-', `${mapping}: not reached`);
  }
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(10)}${escapeText(text)}`;
}
