// portcullis admin token create: who may use the admin API.

import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createToken } from '../../admin/access.ts';
import { withLock } from '../../authority/lock.ts';
import { replaceFile } from '../../authority/replace-file.ts';
import { ADMIN_ROLES, type AdminRole, adminTokenName } from '../../config/options/admin.ts';
import { StartFault } from '../../model/fault.ts';
import { makeFolder } from '../credential-files.ts';

type Finish = (exitCode: number) => void;

const EXAMPLE = `
The token is shown once; the gateway keeps its hash only. With --file it is added to the file that \`admin.tokenFile\`
names, and counts from the next reload (SIGHUP) on; a line that is removed from there ends it.

Example:
  portcullis admin token create --name grafana --role viewer
`;

const PARENT_EXAMPLE =
  '\nExample:\n  portcullis admin token create --name ops --role operator --file data/admin.tokens\n';

interface CreateOptions {
  readonly name: string;
  readonly role: AdminRole;
  readonly file?: string;
  readonly json?: boolean;
}

export function adminCommand(_finish: Finish): Command {
  const create = new Command('create')
    .description('Make a token for the admin API.')
    .requiredOption('--name <name>', 'what the audit calls whoever uses it', readName)
    .addOption(
      new Option('--role <role>', 'viewer: may look; operator: may change too')
        .choices(ADMIN_ROLES)
        .makeOptionMandatory(),
    )
    .option('--file <file>', 'add it to this file; left out: what to write into the configuration is printed')
    .option('--json', 'write it as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async ({ name, role, file, json = false }: CreateOptions) => {
      const { token, hash } = createToken();
      if (file !== undefined) await addLine(file, name, `${name} ${role} ${hash}\n`);
      const entry = `- { name: ${name}, role: ${role}, hash: ${hash} }`;
      const done = file === undefined ? `under admin.tokens of the configuration:\n  ${entry}\n` : `added to ${file}\n`;
      process.stdout.write(json ? `${JSON.stringify({ name, role, token, hash }, null, 2)}\n` : `${token}\n${done}`);
    });
  const token = new Command('token')
    .description('Tokens for the admin API.')
    .addCommand(create)
    .addHelpText('after', PARENT_EXAMPLE);
  return new Command('admin')
    .description('Who may use the admin API.')
    .addCommand(token)
    .addHelpText('after', PARENT_EXAMPLE);
}

function readName(text: string): string {
  const parsed = adminTokenName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`${parsed.error.issues[0]?.message}.`);
}

/** The gateway reads the old file or the new one, and two commands at once lose nothing. */
async function addLine(file: string, name: string, line: string): Promise<void> {
  await makeFolder(dirname(file));
  const add = async () => {
    const before = await readOrEmpty(file);
    if (before.split('\n').some((each) => each.trim().split(/\s+/)[0] === name)) {
      throw new StartFault(`${file} has a token called "${name}" already: remove its line, or choose another name`);
    }
    await replaceFile(file, before + (before === '' || before.endsWith('\n') ? '' : '\n') + line, 0o600);
  };
  await withLock(dirname(file), add, { name: `.${basename(file)}.lock` });
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new StartFault(error instanceof Error ? error.message : String(error));
  }
}
