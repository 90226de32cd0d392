// portcullis pki: a small certificate authority.

import { join } from 'node:path';
import { Command, Option } from 'commander';
import { EMPTY_STATE } from '../../authority/index-text.ts';
import { withLock } from '../../authority/lock.ts';
import { addCertificate, indexFile, writeState } from '../../authority/state.ts';
import { systemClock } from '../../model/clock.ts';
import { type Authority, createIntermediateAuthority, createRootAuthority } from '../../pki/authority.ts';
import { inspectCertificate } from '../../pki/inspect.ts';
import { issueClientCertificate, issueServerCertificate } from '../../pki/issue.ts';
import type { KeyKind } from '../../pki/keys.ts';
import type { AlternativeName } from '../../pki/names.ts';
import { readCertificates } from '../../x509/files.ts';
import { encodePem } from '../../x509/pem.ts';
import {
  credentialFiles,
  makeFolder,
  readBytes,
  refuseExisting,
  writeCredential,
  writeNew,
} from '../credential-files.ts';
import { issueOnRecord } from '../issue-on-record.ts';
import { LONGEST_COMMON_NAME, readAuthorityName, readCommonName, readHost, readSid } from '../pki-arguments.ts';
import {
  alternativeNamesOf,
  daysOption,
  fileNameOf,
  folderOption,
  keyOption,
  type NameOptions,
  nameOptions,
  say,
} from '../pki-options.ts';
import { lintCommand } from './pki-lint.ts';
import { p12Command } from './pki-p12.ts';
import { csrCommand, signCommand } from './pki-request.ts';
import { crlCommand, revokeCommand } from './pki-revoke.ts';

type Finish = (exitCode: number) => void;

export function pkiCommand(finish: Finish): Command {
  return new Command('pki')
    .description('A small certificate authority for servers and clients.')
    .addCommand(initCommand())
    .addCommand(serverCommand())
    .addCommand(clientCommand())
    .addCommand(csrCommand())
    .addCommand(signCommand())
    .addCommand(revokeCommand())
    .addCommand(crlCommand())
    .addCommand(p12Command())
    .addCommand(inspectCommand(finish))
    .addCommand(lintCommand(finish))
    .addHelpText('after', '\nExample:\n  portcullis pki init --dir ca --name "Acme"\n');
}

function initCommand(): Command {
  return new Command('init')
    .description('Make a root and an issuing authority: root and issuing .pem and .key, and ca.pem for trust stores.')
    .addOption(folderOption())
    .addOption(new Option('--name <name>', 'name of the authority').default('Portcullis').argParser(readAuthorityName))
    .addOption(daysOption(3650))
    .addOption(keyOption())
    .addHelpText('after', '\nExample:\n  portcullis pki init --dir ca --name "Acme"\n')
    .action(async ({ dir, name, days, key }: { dir: string; name: string; days: number; key: KeyKind }) => {
      const lifetime = { now: systemClock(), days, key };
      const root = createRootAuthority({ ...lifetime, subject: [{ type: 'CN', value: `${name} Root CA` }] });
      const issuing = createIntermediateAuthority(root, {
        ...lifetime,
        subject: [{ type: 'CN', value: `${name} Issuing CA` }],
      });
      await makeFolder(dir);
      await withLock(dir, () => writeAuthority(dir, root, issuing));
    });
}

async function writeAuthority(dir: string, root: Authority, issuing: Authority): Promise<void> {
  const trust = join(dir, 'ca.pem');
  const credentials = ['root', 'issuing'].flatMap((file) => Object.values(credentialFiles(dir, file)));
  refuseExisting([trust, ...credentials, indexFile(dir)]);
  const record = { issuer: 'root', file: 'issuing.pem' } as const;
  await writeState(dir, addCertificate(EMPTY_STATE, issuing.certificate, record));
  say(await writeCredential(dir, 'root', root));
  say(await writeCredential(dir, 'issuing', issuing));
  const bundle = [root, issuing].map(({ certificate }) => encodePem('CERTIFICATE', certificate.der)).join('');
  await writeNew(trust, bundle, 0o644);
  say({ 'for `anchors`': trust });
}

function serverCommand(): Command {
  return new Command('server')
    .description('Issue a server certificate.')
    .argument('<host...>', 'DNS names or IP addresses of the server; the first names the files', collectHosts)
    .addOption(folderOption())
    .addOption(daysOption(397))
    .addOption(keyOption())
    .addHelpText('after', '\nExample:\n  portcullis pki server --dir ca app.example 192.0.2.10\n')
    .action(async (hosts: AlternativeName[], { dir, days, key }: { dir: string; days: number; key: KeyKind }) => {
      const first = hosts[0]?.value ?? '';
      // Nobody looks at the common name of a server any more (RFC 9525 2): one that is too long is left out.
      const subject = first.length <= LONGEST_COMMON_NAME ? [{ type: 'CN', value: first }] : [];
      const request = { subject, alternativeNames: hosts, now: systemClock(), days, key };
      say(await issueOnRecord(dir, fileNameOf(first), (issuer) => issueServerCertificate(issuer, request)));
    });
}

interface ClientOptions extends NameOptions {
  readonly dir: string;
  readonly days: number;
  readonly key: KeyKind;
  readonly sid?: string;
}

function clientCommand(): Command {
  const command = new Command('client')
    .description('Issue a client certificate.')
    .argument('<name>', 'common name; names the files too', readCommonName)
    .addOption(folderOption())
    .addOption(daysOption(365))
    .addOption(keyOption())
    .addOption(new Option('--sid <sid>', 'SID of the account in a Windows domain').argParser(readSid))
    .addHelpText(
      'after',
      '\nExample:\n  portcullis pki client --dir ca alice --email alice@corp.example --upn alice@corp.example\n',
    )
    .action(async (name: string, options: ClientOptions) => {
      const { dir, days, key, sid } = options;
      const names = { subject: [{ type: 'CN', value: name }], alternativeNames: alternativeNamesOf(options) };
      const request = { ...names, now: systemClock(), days, key, ...(sid !== undefined && { sid }) };
      say(await issueOnRecord(dir, fileNameOf(name), (issuer) => issueClientCertificate(issuer, request)));
    });
  for (const option of nameOptions()) command.addOption(option);
  return command;
}

function inspectCommand(finish: Finish): Command {
  return new Command('inspect')
    .description('Show what the gateway reads in certificates: PEM, DER or PKCS#7.')
    .argument('<file>')
    .option('--json', 'write it as JSON')
    .addHelpText('after', '\nExample:\n  portcullis pki inspect certs/dev/alice.pem\n')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { certificates, problems } = readCertificates(await readBytes(file));
      const inspected = certificates.map(({ facts }) => inspectCertificate(facts));
      process.stdout.write(
        json ? `${JSON.stringify({ certificates: inspected, problems }, null, 2)}\n` : render(inspected),
      );
      for (const { line, message } of problems) {
        process.stderr.write(`${file}${line === undefined ? '' : `:${line}`}: ${message}\n`);
      }
      finish(problems.length > 0 ? 1 : 0);
    });
}

function render(inspected: readonly (readonly { label: string; value: string }[])[]): string {
  const blocks = inspected.map((fields) => fields.map(({ label, value }) => `${label.padEnd(24)} ${value}\n`).join(''));
  return blocks.join('\n');
}

function collectHosts(text: string, before: AlternativeName[] = []): AlternativeName[] {
  return [...before, readHost(text)];
}
