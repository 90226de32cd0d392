// portcullis pki csr, portcullis pki sign: a request from whoever holds the key, and the certificate for it.

import { basename, extname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { RequestFacts } from '../../model/certificate.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { type Authority, chainBelow, privateKeyPem } from '../../pki/authority.ts';
import { writeCertreqInf } from '../../pki/certreq-inf.ts';
import { listAlternativeNames } from '../../pki/inspect.ts';
import { generateKey, type KeyKind } from '../../pki/keys.ts';
import type { AlternativeName } from '../../pki/names.ts';
import { writeOpensslConfig } from '../../pki/openssl-config.ts';
import { createRequest, type Wish } from '../../pki/request.ts';
import { findRequestProblems, listUngranted, signRequest } from '../../pki/sign-request.ts';
import { readRequests } from '../../x509/files.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { encodePem } from '../../x509/pem.ts';
import { readBytes, refuseExisting, writeNew } from '../credential-files.ts';
import { issueOnRecord } from '../issue-on-record.ts';
import { readCommonName, readHost } from '../pki-arguments.ts';
import {
  alternativeNamesOf,
  daysOption,
  fileNameOf,
  folderOption,
  keyOption,
  type NameOptions,
  nameOptions,
  purposeOf,
  purposeOptions,
  say,
} from '../pki-options.ts';

interface CsrOptions extends NameOptions {
  readonly dir: string;
  readonly key: KeyKind;
  readonly server?: boolean;
}

export function csrCommand(): Command {
  const command = new Command('csr')
    .description('Make a key and a request for a certificate, and the same request for certreq and OpenSSL.')
    .argument('<name>', 'common name; of a server the host, which becomes an alternative name too', readCommonName)
    .addOption(new Option('--dir <folder>', 'folder for NAME.key, .csr, .inf and .cnf').default('.'))
    .addOption(keyOption())
    .addHelpText('after', '\nExample:\n  portcullis pki csr app.example --server --dns www.app.example\n')
    .action(async (name: string, options: CsrOptions) => {
      const wish = { commonName: name, purpose: purposeOf(options), alternativeNames: alternativeNamesOf(options) };
      if (wish.purpose === 'serverAuth') wish.alternativeNames.unshift(readServerName(command, name));
      say(await writeRequest(wish, options));
    });
  for (const option of [...purposeOptions(), ...nameOptions()]) command.addOption(option);
  return command;
}

/** Clients look for a server's name among the alternative names only (RFC 9525 2). */
function readServerName(command: Command, text: string): AlternativeName {
  try {
    return readHost(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return command.error(`error: with --server, ${error.message}`);
  }
}

async function writeRequest(wish: Wish, options: CsrOptions): Promise<Readonly<Record<string, string>>> {
  const fileOf = (extension: string) => join(options.dir, `${fileNameOf(wish.commonName)}${extension}`);
  const files = {
    key: fileOf('.key'),
    request: fileOf('.csr'),
    'for certreq': fileOf('.inf'),
    'for OpenSSL': fileOf('.cnf'),
  };
  refuseExisting(Object.values(files));
  const privateKey = generateKey(options.key);
  await writeNew(files.key, privateKeyPem({ privateKey }), 0o600);
  await writeNew(files.request, encodePem('CERTIFICATE REQUEST', createRequest(privateKey, wish).der), 0o644);
  await writeNew(files['for OpenSSL'], writeOpensslConfig(wish), 0o644);
  const inf = writeCertreqInf(wish, options.key);
  if (inf !== undefined) {
    await writeNew(files['for certreq'], encodeForWindows(inf), 0o644);
    return files;
  }
  process.stderr.write('portcullis: no .inf is written: certreq cannot ask for names with & or quotation marks\n');
  const { 'for certreq': _, ...written } = files;
  return written;
}

/** ASCII as it is; for anything else certreq wants UTF-16 with its mark. */
function encodeForWindows(text: string): Uint8Array {
  return /^[\0-\x7f]*$/.test(text) ? Buffer.from(text, 'ascii') : Buffer.from(`\ufeff${text}`, 'utf16le');
}

interface SignOptions {
  readonly dir: string;
  readonly days: number;
  readonly server?: boolean;
  readonly allowNames?: boolean;
}

const SIGN_HELP = `
Subject, alternative names and key are the request's, everything else is the authority's. A request with alternative
names is shown and refused until you allow them: they say who its holder is.

Example:
  portcullis pki sign app.example.csr --dir ca --server --allow-names
`;

export function signCommand(): Command {
  const command = new Command('sign')
    .description('Issue a certificate for a request: from OpenSSL, certreq, keytool or `pki csr`, PEM or DER.')
    .argument('<file>', 'the request; the certificate gets its name')
    .addOption(folderOption())
    .addOption(daysOption(365))
    .option('--allow-names', 'certify the alternative names that are asked for')
    .addHelpText('after', SIGN_HELP)
    .action(async (file: string, options: SignOptions) => {
      const request = await readRequest(file);
      const name = fileNameOf(basename(file, extname(file)));
      say(await issueOnRecord(options.dir, name, (issuer) => signOrRefuse(issuer, { file, request, options })));
    });
  for (const option of purposeOptions()) command.addOption(option);
  return command;
}

async function readRequest(file: string): Promise<RequestFacts> {
  const { requests, problems } = readRequests(await readBytes(file));
  const [first, second] = requests;
  if (problems[0] !== undefined) throw new StartFault(`${file}: ${problems[0].message}`);
  if (first === undefined || second !== undefined) throw new StartFault(`${file} holds more than one request`);
  return first.facts;
}

interface SigningInput {
  readonly file: string;
  readonly request: RequestFacts;
  readonly options: SignOptions;
}

function signOrRefuse(issuer: Authority, { file, request, options }: SigningInput) {
  const problems = findRequestProblems(issuer, request);
  if (problems.length > 0) throw new StartFault(`${file} is not signed: ${problems.join('; ')}`);
  const names = listAlternativeNames(request.known.subjectAltNames ?? []);
  process.stdout.write(`subject        ${formatRfc4514(request.subject)}\n`);
  for (const name of names) process.stdout.write(`name           ${name}\n`);
  if (names.length > 0 && !options.allowNames) {
    throw new StartFault(`${file} is not signed: look at its names, and if they are right, repeat with --allow-names`);
  }
  const purpose = purposeOf(options);
  for (const thing of listUngranted(request, purpose)) {
    process.stderr.write(`portcullis: the request asks for ${thing}, which it does not get\n`);
  }
  const certificate = signRequest(issuer, request, { purpose, now: systemClock(), days: options.days });
  return { certificate, chain: chainBelow(issuer, certificate) };
}
