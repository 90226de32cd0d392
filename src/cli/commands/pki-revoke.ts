// portcullis pki revoke, portcullis pki crl: withdraw a certificate, and publish what was withdrawn.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { replaceFile } from '../../authority/replace-file.ts';
import { addRevocation, changeState, listRevocations } from '../../authority/state.ts';
import { DAY_MS, systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { canonicalSerial } from '../../model/text.ts';
import { type Authority, BACKDATE_MS } from '../../pki/authority.ts';
import { createCrl } from '../../pki/crl.ts';
import { encodePem } from '../../x509/pem.ts';
import { checkSignature } from '../../x509/signature.ts';
import { credentialFiles, readAuthority, readBytes, readChain, readCredential } from '../credential-files.ts';
import { daysOption, folderOption, say } from '../pki-options.ts';

/** Of RFC 5280 5.3.1; the others are for what these lists are not: on hold, delta, of attribute certificates. */
const REASONS = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const;

interface RevokeOptions {
  readonly dir: string;
  readonly reason?: string;
}

export function revokeCommand(): Command {
  return new Command('revoke')
    .description('Withdraw a certificate. It takes effect with the next `pki crl`.')
    .argument('<serial-or-file>', 'serial number in hexadecimal digits, or the file of the certificate')
    .addOption(folderOption())
    .addOption(new Option('--reason <reason>', 'why; it will be on the list').choices(REASONS))
    .addHelpText('after', '\nExample:\n  portcullis pki revoke ca/alice.pem --dir ca --reason keyCompromise\n')
    .action(async (target: string, { dir, reason }: RevokeOptions) => {
      await readAuthority(dir, 'issuing');
      const serial = await serialOf(target, dir);
      await changeState(dir, (state, save) =>
        save(addRevocation(state, { serial, revokedAt: systemClock(), ...(reason !== undefined && { reason }) })),
      );
      say({ revoked: serial });
      process.stdout.write(`It is on the next list: portcullis pki crl --dir ${dir}\n`);
    });
}

/** Upper-case hex. Of a file it must be one that this authority signed: another's may have the same number. */
async function serialOf(target: string, folder: string): Promise<string> {
  if (!existsSync(target)) {
    const serial = canonicalSerial(target);
    if (serial === undefined) throw new StartFault(`${target} is neither a file nor a serial number`);
    return serial;
  }
  const [certificate] = await readChain(target);
  for (const name of AUTHORITIES) {
    const [issuer] = await readChain(credentialFiles(folder, name).certificate);
    if (checkSignature(certificate, issuer.publicKey) === undefined) return certificate.serial;
  }
  throw new StartFault(`${target} was not issued by the authority in ${folder}`);
}

const AUTHORITIES = ['issuing', 'root'] as const;
export function crlCommand(): Command {
  return new Command('crl')
    .description('Write the lists of revoked certificates: issuing.crl, root.crl, and ca.crl with both.')
    .addOption(folderOption())
    .addOption(daysOption(7, 'after how many days the next list must be there'))
    .addHelpText('after', '\nExample:\n  portcullis pki crl --dir ca --days 7\n')
    .action(async ({ dir, days }: { dir: string; days: number }) => say(await writeLists(dir, days)));
}

/** The key of the root may be kept elsewhere; its list then stays as it is. */
async function writeLists(folder: string, days: number): Promise<Readonly<Record<string, string>>> {
  const issuing = await readAuthority(folder, 'issuing');
  const files = { issuing: join(folder, 'issuing.crl'), root: join(folder, 'root.crl'), both: join(folder, 'ca.crl') };
  const keepsRoot = !existsSync(credentialFiles(folder, 'root').key) && existsSync(files.root);
  const root = keepsRoot ? undefined : await readCredential(folder, 'root');
  await changeState(folder, async (state, save) => {
    const crlNumber = state.crlNumber + 1;
    await save({ ...state, crlNumber });
    const now = systemClock();
    const dates = { thisUpdate: now - BACKDATE_MS, nextUpdate: now + days * DAY_MS };
    const listOf = (issuer: Authority, name: (typeof AUTHORITIES)[number]) => {
      const revoked = listRevocations(state, name);
      return encodePem('X509 CRL', createCrl(issuer, { revoked, number: BigInt(crlNumber), ...dates }).der);
    };
    const issuingList = listOf(issuing, 'issuing');
    const rootList = root === undefined ? (await readBytes(files.root)).toString() : listOf(root, 'root');
    await replaceFile(files.issuing, issuingList, 0o644);
    if (root !== undefined) await replaceFile(files.root, rootList, 0o644);
    await replaceFile(files.both, issuingList + rootList, 0o644);
  });
  if (keepsRoot) process.stderr.write(`portcullis: root.key is not in ${folder}: root.crl stays as it is\n`);
  return files;
}
