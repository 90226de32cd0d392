// What does an authority remember between two commands? Its index, changed by one process at a time.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateFacts } from '../model/certificate.ts';
import { StartFault } from '../model/fault.ts';
import type { Revocation } from '../pki/crl.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { type AuthorityState, formatIndex, type IssuedEntry, parseIndex } from './index-text.ts';
import { type LockOptions, withLock } from './lock.ts';
import { replaceFile } from './replace-file.ts';

export function indexFile(folder: string): string {
  return join(folder, 'index.jsonl');
}

/** For a new authority; every other change goes through `changeState`. */
export async function writeState(folder: string, state: AuthorityState): Promise<void> {
  await replaceFile(indexFile(folder), formatIndex(state), 0o644);
}

export async function readState(folder: string): Promise<AuthorityState> {
  const file = indexFile(folder);
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    // Never made anew: a CRL from an empty index would bring back what was withdrawn.
    throw new StartFault(`the index of the authority cannot be read: ${error.message}`);
  });
  return parseIndex(text, file);
}

export type SaveState = (next: AuthorityState) => Promise<void>;

/**
 * Reads the state, and lets `change` save another while no other process does. Save first, then hand out what it is
 * about: a crash in between leaves a certificate on record that nobody has, never one that nobody knows of.
 */
export function changeState<T>(
  folder: string,
  change: (state: AuthorityState, save: SaveState) => Promise<T>,
  options?: LockOptions,
): Promise<T> {
  const save = (next: AuthorityState) => writeState(folder, next);
  return withLock(folder, async () => change(await readState(folder), save), options);
}

/** The state with one more certificate. Throws StartFault for a serial number that was used before. */
export function addCertificate(
  state: AuthorityState,
  { serial, subject, notAfter }: CertificateFacts,
  { issuer, file }: Pick<IssuedEntry, 'issuer' | 'file'>,
): AuthorityState {
  if (state.entries.some((entry) => entry.serial === serial)) {
    throw new StartFault(`the serial number ${serial} is taken; try again`);
  }
  const entry: IssuedEntry = { serial, issuer, subject: formatRfc4514(subject), notAfter, file };
  return { ...state, entries: [...state.entries, entry] };
}

/** The state with that certificate withdrawn. Throws StartFault when it is not there, or was withdrawn before. */
export function addRevocation(state: AuthorityState, { serial, revokedAt, reason }: Revocation): AuthorityState {
  const found = state.entries.find((entry) => entry.serial === serial);
  if (found === undefined) throw new StartFault(`no certificate with the serial number ${serial} was issued here`);
  if (found.revocation !== undefined) {
    throw new StartFault(`${serial} was revoked before, at ${new Date(found.revocation.at).toISOString()}`);
  }
  const revoked = { ...found, revocation: { at: revokedAt, ...(reason !== undefined && { reason }) } };
  return { ...state, entries: state.entries.map((entry) => (entry === found ? revoked : entry)) };
}

/** What the CRL of one of its authorities lists. Expired certificates stay on it: it costs a line each. */
export function listRevocations({ entries }: AuthorityState, issuer: IssuedEntry['issuer']): Revocation[] {
  return entries.flatMap((entry) => {
    if (entry.revocation === undefined || entry.issuer !== issuer) return [];
    const { at, reason } = entry.revocation;
    return [{ serial: entry.serial, revokedAt: at, ...(reason !== undefined && { reason }) }];
  });
}
