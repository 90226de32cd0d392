// Certificates and keys as files. Keys are readable by their owner only, and nothing is ever overwritten.

import { createPrivateKey } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartFault } from '../model/fault.ts';
import { type Authority, type Credential, chainPem, privateKeyPem } from '../pki/authority.ts';
import { readCertificates } from '../x509/files.ts';

/** Writes `NAME.pem` (the chain, leaf first) and `NAME.key` (PKCS#8, mode 0600). Gives their paths. */
export async function writeCredential(
  folder: string,
  name: string,
  credential: Credential,
): Promise<{ certificate: string; key: string }> {
  const paths = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  await writeNew(paths.key, privateKeyPem(credential), 0o600);
  await writeNew(paths.certificate, chainPem(credential), 0o644);
  return paths;
}

export async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text, { mode, flag: 'wx' });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new StartFault(exists ? `${file} is there already; remove it or choose another name` : String(error));
  }
}

/** An authority as `pki init` wrote it. */
export async function readAuthority(folder: string, name: string): Promise<Authority> {
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
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
