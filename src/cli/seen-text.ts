// How do commands read the certificates that were seen, and how are they shown?

import { pagesOf, type SeenQuery, type TrafficStore } from '../directory/traffic-store.ts';
import { foldAscii } from '../model/text.ts';
import type { SeenCertificate } from '../model/traffic.ts';
import { timesOf } from './directory-text.ts';

/** All of them, those that end first before the others. */
export async function readSeen(store: TrafficStore, query: Omit<SeenQuery, 'limit'> = {}): Promise<SeenCertificate[]> {
  const seen: SeenCertificate[] = [];
  for await (const page of pagesOf<SeenCertificate>((page) => store.readCertificates({ ...query, ...page })))
    seen.push(...page);
  return seen;
}

/** Whether the text stands in the name of its issuer, in any case. */
export function isIssuedBy(seen: SeenCertificate, issuer: string): boolean {
  return foldAscii(seen.issuer).includes(foldAscii(issuer));
}

export function seenToPlain(seen: SeenCertificate): object {
  return { ...seen, ...timesOf(seen) };
}

export function nameSeen({ serial, issuer }: Pick<SeenCertificate, 'serial' | 'issuer'>): string {
  return `serial ${serial} of ${issuer}`;
}
