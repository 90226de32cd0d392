// portcullis pki p12: a key and its certificates in one file, for Windows and browsers.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Command } from 'commander';
import { StartFault } from '../../model/fault.ts';
import { writePkcs12 } from '../../pki/pkcs12.ts';
import { readBytes, readCredential, writeNew } from '../credential-files.ts';
import { fileNameOf, folderOption, say } from '../pki-options.ts';

/** 120 bits, 20 characters that can be typed anywhere. */
const PASSWORD_OCTETS = 15;

interface Pkcs12Options {
  readonly dir: string;
  readonly passwordFile?: string;
  readonly legacy?: boolean;
}

export function p12Command(): Command {
  return new Command('p12')
    .description('Pack NAME.key and NAME.pem into NAME.p12, which Windows, macOS, Java and browsers import.')
    .argument('<name>', 'name of the files, without extension')
    .addOption(folderOption())
    .option('--password-file <file>', 'its first line protects the file; without it a password is made and shown once')
    .option('--legacy', 'encrypt as Windows Server 2016 and older can read it: 3DES and SHA-1')
    .addHelpText('after', '\nExample:\n  portcullis pki p12 alice --dir ca\n')
    .action(async (name: string, { dir, passwordFile, legacy }: Pkcs12Options) => {
      const credential = await readCredential(dir, fileNameOf(name));
      const given = passwordFile === undefined ? undefined : await readPassword(passwordFile);
      const password = given ?? randomBytes(PASSWORD_OCTETS).toString('base64url');
      const profile = legacy ? 'legacy' : 'modern';
      const file = join(dir, `${fileNameOf(name)}.p12`);
      await writeNew(file, writePkcs12(credential, { password, friendlyName: name, profile }), 0o600);
      say({ 'PKCS#12': file, ...(given === undefined && { password }) });
    });
}

/** Programs disagree about how other characters than those of ASCII become octets. */
async function readPassword(file: string): Promise<string> {
  const [line = ''] = (await readBytes(file)).toString('utf8').split(/\r?\n/);
  if (/^[ -~]+$/.test(line)) return line;
  throw new StartFault(`the first line of ${file} must be the password, in printable characters of ASCII`);
}
