// Loads the secret that the keys of session tickets are made from.

import { ticketsOptions } from '../options/server.ts';
import type { Report } from '../report.ts';
import { findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader } from './file-reader.ts';
import { loadSecretKeys } from './secret-keys.ts';

/** undefined: none is configured, or problems were reported. */
export async function loadTicketSecret(
  root: SourceNode,
  context: { readonly reader: FileReader; readonly report: Report },
): Promise<Uint8Array | undefined> {
  const node = findNode(root, ['tickets']);
  const parsed = node === undefined ? undefined : ticketsOptions.safeParse(toPlain(node));
  if (!parsed?.success || parsed.data.keyFile === undefined) return undefined;
  // Node holds one key at a time: a second one could open nothing.
  const keys = await loadSecretKeys(['tickets', 'keyFile'], parsed.data.keyFile, { ...context, most: 1 });
  return keys?.[0];
}
