// Certificates and keys as files. Keys are readable by their owner only, and nothing is ever overwritten.

import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartFault } from '../model/fault.ts';
import { type Authority, type Credential, chainPem, privateKeyPem } from '../pki/authority.ts';
import { readCertificates } from '../x509/files.ts';

export interface CredentialFiles extends Readonly<Record<string, string>> {
  readonly certificate: string;
  readonly key: string;
}

export function credentialFiles(folder: string, name: string): CredentialFiles {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

/** Throws before anything is written, so that no key is left behind without its certificate. */
export function refuseExisting(files: readonly string[]): void {
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) throw new StartFault(`${found} is there already; remove it or choose another name`);
}

/** Writes `NAME.pem` (the chain, leaf first) and `NAME.key` (PKCS#8, mode 0600). Gives their paths. */
export async function writeCredential(folder: string, name: string, credential: Credential): Promise<CredentialFiles> {
  const paths = credentialFiles(folder, name);
  refuseExisting(Object.values(paths));
  await writeNew(paths.key, privateKeyPem(credential), 0o600);
  await writeNew(paths.certificate, chainPem(credential), 0o644);
  return paths;
}

export async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text, { mode, flag: 'wx' });
  } catch (error) {
    throw new StartFault(error instanceof Error ? error.message : String(error));
  }
}

/** An authority as `pki init` wrote it. */
export async function readAuthority(folder: string, name: string): Promise<Authority> {
  const files = credentialFiles(folder, name);
  try {
    const { certificates } = readCertificates(await readFile(files.certificate));
    const [first] = certificates;
    if (first === undefined) throw new Error(`${files.certificate} holds no certificate`);
    const privateKey = createPrivateKey(await readFile(files.key));
    return { certificate: first.facts, privateKey, chain: certificates.map(({ facts }) => facts) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StartFault(
      `no certificate authority in ${folder}: ${message}. Make one with: portcullis pki init --dir ${folder}`,
    );
  }
}
