// What others have written: the PEM blocks and base64 of the JSON and PEM files in a folder that is named on the command line.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPem } from '../../../src/x509/pem.ts';

export type Corpus = ReadonlyMap<string, readonly Uint8Array[]>;

/** A seed has to be small, for it is read many thousand times. */
const MAX_SEED_BYTES = 4096;
/** Of each label, spread over all there are: many are alike. */
const MAX_SEEDS = 400;

/** DER by PEM label; `BASE64` for what stands alone in a JSON string. Without a folder there is none. */
export function readCorpus(folder: string | undefined): Corpus {
  if (folder === undefined) return new Map();
  const found = new Map<string, Map<string, Uint8Array>>();
  for (const name of readdirSync(folder).filter((file) => /\.(json|pem|crt|cer|crl)$/.test(file))) {
    for (const { label, der } of blocksOf(readFileSync(join(folder, name), 'utf8'))) {
      if (der.length > MAX_SEED_BYTES) continue;
      const ofLabel = found.get(label) ?? new Map<string, Uint8Array>();
      found.set(label, ofLabel.set(Buffer.from(der).toString('base64'), der));
    }
  }
  return new Map([...found].map(([label, ders]) => [label, spread([...ders.values()])]));
}

function blocksOf(text: string): { readonly label: string; readonly der: Uint8Array }[] {
  // In JSON a line ends in an escape.
  const { blocks } = readPem(text.replaceAll('\\n', '\n').replaceAll('"', '\n'));
  const bare = text.matchAll(/"(MI[A-Za-z0-9+/]{40,}=*)"/g);
  return [...blocks, ...[...bare].map(([, base64 = '']) => ({ label: 'BASE64', der: Buffer.from(base64, 'base64') }))];
}

function spread(ders: readonly Uint8Array[]): Uint8Array[] {
  const step = Math.max(1, ders.length / MAX_SEEDS);
  return Array.from(
    { length: Math.min(ders.length, MAX_SEEDS) },
    (_, index) => ders[Math.floor(index * step)] ?? new Uint8Array(),
  );
}
