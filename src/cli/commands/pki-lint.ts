// portcullis pki lint: why would this gateway, IIS or .NET refuse a certificate?

import { Command, InvalidArgumentError, Option } from 'commander';
import { lint } from '../../decision/lint.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { createTrustStore, type TrustStore } from '../../trust/trust-store.ts';
import { type ValidationOptions, validationOptions } from '../../validation/options.ts';
import { readCertificates, readCrls } from '../../x509/files.ts';
import { readBytes, readChain } from '../credential-files.ts';
import { isRefused, type LintedFile, lintToJson, lintToText } from '../lint-text.ts';
import { timeOption } from '../time-option.ts';

const HELP = `
Each file holds a client certificate and what would be sent behind it. Without an anchor each certificate is looked at
alone. FAIL: refused here, with the names Windows has for it; WIN: refused by IIS or .NET alone; -: worth knowing.
Exit code 0: nobody would refuse it, 1: somebody would.

Example:
  portcullis pki lint certs/dev/alice.pem --anchor certs/dev/ca.pem
`;

interface Options {
  readonly anchor: readonly string[];
  readonly crl: readonly string[];
  readonly eku: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly json?: boolean;
}

export function lintCommand(finish: (exitCode: number) => void): Command {
  return new Command('lint')
    .description('Tell every problem of certificates, and what Windows would call it.')
    .argument('<file...>', 'PEM, DER or PKCS#7; the client certificate first')
    .addOption(repeatable('--anchor <file>', 'authorities to find a path to; intermediates are sorted out'))
    .addOption(repeatable('--crl <file>', 'revocation lists; every certificate of the path needs one then'))
    .addOption(
      new Option('--eku <purpose>', 'purpose asked for: clientAuth (the default), any or an OID; may be repeated')
        .default([], 'clientAuth')
        .argParser(collectPurposes),
    )
    .addOption(timeOption('judge'))
    .option('--json', 'write it as JSON')
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], options: Options) => {
      const at = options.at ?? systemClock();
      const linted = await lintFiles(files, options, at);
      const json = () => `${JSON.stringify({ files: linted.map(lintToJson) }, null, 2)}\n`;
      process.stdout.write(options.json ? json() : linted.map((each) => lintToText(each, at)).join('\n'));
      finish(linted.some(isRefused) ? 1 : 0);
    });
}

async function lintFiles(files: readonly string[], { anchor, crl, eku }: Options, at: number): Promise<LintedFile[]> {
  const store = anchor.length === 0 ? undefined : await readStore(anchor, at);
  const crls = crl.length === 0 ? undefined : (await Promise.all(crl.map(readLists))).flat();
  const options = optionsFor(eku);
  const linted: LintedFile[] = [];
  for (const file of files) {
    const { leaf, presented, problems } = readAsGateway(await readBytes(file), options.maxCertificateBytes);
    const report = leaf && (await lint({ certificates: [leaf, ...presented], store, crls, options, at }));
    linted.push({ file, problems, report });
  }
  return linted;
}

/** Without a leaf where the first certificate is one that no gateway would read: what stands behind it is no client. */
function readAsGateway(bytes: Uint8Array, maxBytes: number) {
  const { certificates, problems } = readCertificates(bytes);
  const tooLarge = certificates.filter(({ der }) => der.length > maxBytes);
  const message = `certificate: larger than ${maxBytes} octets`;
  const unread = [...problems, ...tooLarge.map(({ line }) => ({ line, message }))];
  const [first, ...others] = certificates.filter((each) => !tooLarge.includes(each));
  const isFirst = first !== undefined && !unread.some(({ line = 0 }) => line < (first.line ?? 0));
  return { leaf: isFirst ? first.facts : undefined, presented: others.map(({ facts }) => facts), problems: unread };
}

async function readStore(files: readonly string[], at: number): Promise<TrustStore> {
  const certificates = (await Promise.all(files.map(readChain))).flat();
  const { store, problems } = createTrustStore({ name: 'of --anchor', certificates, partialChain: false, at });
  if (store === undefined) throw new StartFault(`--anchor: ${problems.join('; ')}`);
  return store;
}

async function readLists(file: string) {
  const { crls, problems } = readCrls(await readBytes(file));
  if (problems[0] !== undefined) throw new StartFault(`${file}: ${problems[0].message}`);
  return crls.map(({ facts }) => facts);
}

function optionsFor(eku: readonly string[]): ValidationOptions {
  return validationOptions.parse(eku.length === 0 ? {} : { eku });
}

function repeatable(flags: string, description: string): Option {
  const collect = (text: string, before: readonly string[]) => [...before, text];
  return new Option(flags, `${description}; may be repeated`).default([], 'none').argParser(collect);
}

function collectPurposes(text: string, before: readonly string[]): string[] {
  const { error } = validationOptions.safeParse({ eku: [text] });
  if (error) throw new InvalidArgumentError('expected clientAuth, any or a dotted OID.');
  return [...before, text];
}
