// Says which addresses of certificates are not asked, and why: once for each, and not for as many as a client may bring.

import type { Log } from '../model/log.ts';
import { nameAddress } from './web-address.ts';

/** Lines written in the life of a process. AD CS names an `ldap:` address in each certificate: the same one. */
const MAX_LINES = 256;

export type NoteSkipped = (url: string, why: string) => void;

export function createSkipNotes(log: Log): NoteSkipped {
  const noted = new Set<string>();
  return (url, why) => {
    const address = nameAddress(url);
    if (noted.size >= MAX_LINES || noted.has(address)) return;
    noted.add(address);
    log.info({ address, why }, 'an address in a certificate is not asked');
  };
}
