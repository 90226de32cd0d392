// portcullis pki: a small certificate authority.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { createIntermediateAuthority, createRootAuthority } from '../../pki/authority.ts';
import { inspectCertificate } from '../../pki/inspect.ts';
import { issueClientCertificate, issueServerCertificate } from '../../pki/issue.ts';
import type { KeyKind } from '../../pki/keys.ts';
import type { AlternativeName } from '../../pki/names.ts';
import { readCertificates } from '../../x509/files.ts';
import { encodePem } from '../../x509/pem.ts';
import { credentialFiles, readAuthority, refuseExisting, writeCredential, writeNew } from '../credential-files.ts';
import {
  type ClientNameKind,
  LONGEST_COMMON_NAME,
  readClientName,
  readCommonName,
  readDays,
  readHost,
} from '../pki-arguments.ts';

type Finish = (exitCode: number) => void;

export function pkiCommand(finish: Finish): Command {
  return new Command('pki')
    .description('A small certificate authority for servers and clients.')
    .addCommand(initCommand())
    .addCommand(serverCommand())
    .addCommand(clientCommand())
    .addCommand(inspectCommand(finish))
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
      const trust = join(dir, 'ca.pem');
      refuseExisting([trust, ...['root', 'issuing'].flatMap((file) => Object.values(credentialFiles(dir, file)))]);
      const lifetime = { now: systemClock(), days, key };
      const root = createRootAuthority({ ...lifetime, subject: [{ type: 'CN', value: `${name} Root CA` }] });
      const issuing = createIntermediateAuthority(root, {
        ...lifetime,
        subject: [{ type: 'CN', value: `${name} Issuing CA` }],
      });
      const bundle = [root, issuing].map(({ certificate }) => encodePem('CERTIFICATE', certificate.der)).join('');
      say(await writeCredential(dir, 'root', root));
      say(await writeCredential(dir, 'issuing', issuing));
      await writeNew(trust, bundle, 0o644);
      say({ 'for `anchors`': trust });
    });
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
      const issuer = await readAuthority(dir, 'issuing');
      const first = hosts[0]?.value ?? '';
      // Nobody looks at the common name of a server any more (RFC 9525 2): one that is too long is left out.
      const subject = first.length <= LONGEST_COMMON_NAME ? [{ type: 'CN', value: first }] : [];
      const request = { subject, alternativeNames: hosts, now: systemClock(), days, key };
      say(await writeCredential(dir, fileNameOf(first), issueServerCertificate(issuer, request)));
    });
}

interface ClientOptions {
  readonly dir: string;
  readonly days: number;
  readonly key: KeyKind;
  readonly dns: string[];
  readonly uri: string[];
  readonly email: string[];
  readonly upn: string[];
}

function clientCommand(): Command {
  return new Command('client')
    .description('Issue a client certificate.')
    .argument('<name>', 'common name; names the files too', readCommonName)
    .addOption(folderOption())
    .addOption(daysOption(365))
    .addOption(keyOption())
    .addOption(nameOption('dns'))
    .addOption(nameOption('uri'))
    .addOption(nameOption('email'))
    .addOption(nameOption('upn'))
    .addHelpText(
      'after',
      '\nExample:\n  portcullis pki client --dir ca alice --email alice@corp.example --upn alice@corp.example\n',
    )
    .action(async (name: string, options: ClientOptions) => {
      const issuer = await readAuthority(options.dir, 'issuing');
      const alternativeNames = (['dns', 'uri', 'email', 'upn'] as const).flatMap((kind) =>
        options[kind].map((value): AlternativeName => ({ kind, value })),
      );
      const subject = [{ type: 'CN', value: name }];
      const request = { subject, alternativeNames, now: systemClock(), days: options.days, key: options.key };
      say(await writeCredential(options.dir, fileNameOf(name), issueClientCertificate(issuer, request)));
    });
}

function inspectCommand(finish: Finish): Command {
  return new Command('inspect')
    .description('Show what the gateway reads in certificates: PEM, DER or PKCS#7.')
    .argument('<file>')
    .option('--json', 'write it as JSON')
    .addHelpText('after', '\nExample:\n  portcullis pki inspect certs/dev/alice.pem\n')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const bytes = await readFile(file).catch((error: Error) => {
        throw new StartFault(error.message);
      });
      const { certificates, problems } = readCertificates(bytes);
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

function say(written: Readonly<Record<string, string>>): void {
  for (const [what, file] of Object.entries(written)) process.stdout.write(`${what.padEnd(14)} ${file}\n`);
}

function folderOption(): Option {
  return new Option('--dir <folder>', 'folder of the authority').default('ca');
}

function daysOption(days: number): Option {
  return new Option('--days <days>', 'how long it is valid').default(days).argParser(readDays);
}

function keyOption(): Option {
  return new Option('--key <kind>', 'kind of key').choices(['ec', 'rsa']).default('ec');
}

function nameOption(kind: ClientNameKind): Option {
  const collect = (text: string, before: string[]) => [...before, readClientName(kind, text)];
  return new Option(`--${kind} <name>`, 'subject alternative name of this kind; may be repeated')
    .default([], 'none')
    .argParser(collect);
}

function collectHosts(text: string, before: AlternativeName[] = []): AlternativeName[] {
  return [...before, readHost(text)];
}

function fileNameOf(name: string): string {
  return name.replace(/[^A-Za-z0-9._@-]/g, '_').replace(/^\.+/, '_');
}
