// Certificates and keys as files. Keys are readable by their owner only, and nothing is ever overwritten.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CertificateFacts } from '../model/certificate.ts';
import { StartFault } from '../model/fault.ts';
import { type Authority, type Credential, chainPem, privateKeyPem } from '../pki/authority.ts';
import { readCertificates } from '../x509/files.ts';

export function credentialFiles(folder: string, name: string): { certificate: string; key: string } {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

/** Throws before anything is written, so that no key is left behind without its certificate. */
export function refuseExisting(files: readonly string[]): void {
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) throw new StartFault(`${found} is there already; remove it or choose another name`);
}

/** Writes `NAME.pem` (the chain, leaf first) and `NAME.key` (PKCS#8, mode 0600). Gives their paths. */
export async function writeCredential(
  folder: string,
  name: string,
  credential: Credential,
): Promise<{ certificate: string; key: string }> {
  const paths = credentialFiles(folder, name);
  refuseExisting(Object.values(paths));
  await writeNew(paths.key, privateKeyPem(credential), 0o600);
  await writeNew(paths.certificate, chainPem(credential), 0o644);
  return paths;
}

/** With those above it, where they are missing. Throws StartFault. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new StartFault(error.message);
  });
}

export async function writeNew(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  await makeFolder(dirname(file));
  try {
    await writeFile(file, content, { mode, flag: 'wx' });
  } catch (error) {
    throw new StartFault(messageOf(error));
  }
}

/** An authority as `pki init` wrote it. */
export async function readAuthority(folder: string, name: string): Promise<Authority> {
  try {
    return await readCredential(folder, name);
  } catch (error) {
    throw new StartFault(
      `no certificate authority in ${folder}: ${messageOf(error)}. Make one with: portcullis pki init --dir ${folder}`,
    );
  }
}

/** A certificate, its chain and its key, as they were written here. Throws StartFault. */
export async function readCredential(folder: string, name: string): Promise<Credential> {
  const files = credentialFiles(folder, name);
  const chain = await readChain(files.certificate);
  const privateKey = await readKey(files.key);
  if (!chain[0].publicKey.key().equals(createPublicKey(privateKey))) {
    throw new StartFault(`${files.key} is not the key of ${files.certificate}`);
  }
  return { certificate: chain[0], privateKey, chain };
}

/** The certificates of a file, of which there is at least one. Throws StartFault. */
export async function readChain(file: string): Promise<[CertificateFacts, ...CertificateFacts[]]> {
  const { certificates, problems } = readCertificates(await readBytes(file));
  const [first, ...rest] = certificates.map(({ facts }) => facts);
  const [problem] = problems;
  if (first === undefined || problem !== undefined) throw new StartFault(`${file}: ${problem?.message}`);
  return [first, ...rest];
}

/** Throws StartFault. */
export async function readBytes(file: string): Promise<Buffer> {
  return readFile(file).catch((error: Error) => {
    throw new StartFault(error.message);
  });
}

async function readKey(file: string) {
  const bytes = await readBytes(file);
  try {
    return createPrivateKey(bytes);
  } catch {
    // The parser's own words help nobody, and may quote what they read.
    throw new StartFault(`${file} holds no private key, or one that is encrypted`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
