// Which options do several `pki` commands share?

import { Option } from 'commander';
import type { Purpose } from '../pki/end-entity.ts';
import type { AlternativeName } from '../pki/names.ts';
import { type ClientNameKind, readClientName, readDays } from './pki-arguments.ts';

export function folderOption(): Option {
  return new Option('--dir <folder>', 'folder of the authority').default('ca');
}

export function daysOption(days: number, what = 'how long it is valid'): Option {
  return new Option('--days <days>', what).default(days).argParser(readDays);
}

export function keyOption(): Option {
  return new Option('--key <kind>', 'kind of key').choices(['ec', 'rsa']).default('ec');
}

/** What `purposeOf` reads: a client's certificate when neither is given. */
export function purposeOptions(): [Option, Option] {
  return [
    new Option('--client', 'for a client (the default)').conflicts('server'),
    new Option('--server', 'for a server'),
  ];
}

export function purposeOf({ server }: { readonly server?: boolean }): Purpose {
  return server ? 'serverAuth' : 'clientAuth';
}

const NAME_KINDS: readonly ClientNameKind[] = ['dns', 'uri', 'email', 'upn'];

export type NameOptions = Readonly<Record<ClientNameKind, readonly string[]>>;

/** What `alternativeNamesOf` reads. */
export function nameOptions(): Option[] {
  return NAME_KINDS.map((kind) => {
    const collect = (text: string, before: string[]) => [...before, readClientName(kind, text)];
    return new Option(`--${kind} <name>`, 'subject alternative name of this kind; may be repeated')
      .default([], 'none')
      .argParser(collect);
  });
}

export function alternativeNamesOf(options: NameOptions): AlternativeName[] {
  return NAME_KINDS.flatMap((kind) => options[kind].map((value) => ({ kind, value })));
}

/** Writes which files were made. */
export function say(written: Readonly<Record<string, string>>): void {
  for (const [what, file] of Object.entries(written)) process.stdout.write(`${what.padEnd(14)} ${file}\n`);
}

/** A name for files that no system takes for something else. */
export function fileNameOf(name: string): string {
  return name.replace(/[^A-Za-z0-9._@-]/g, '_').replace(/^\.+/, '_');
}
