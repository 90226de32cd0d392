// What does a command line say of an account?

import { Option } from 'commander';
import { type Cell, readKind, readMoment } from '../directory/import-cells.ts';
import type { ClientKind } from '../model/client.ts';
import { argumentReader } from './choose-certificate.ts';

export interface AccountOptions {
  readonly kind?: ClientKind;
  readonly displayName?: string;
  readonly role?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from?: number;
  readonly until?: number;
  readonly notes?: string;
}

export function accountOptions(): Option[] {
  return [
    new Option('--kind <kind>', 'person, app or device').argParser(argumentReader(readKind)),
    new Option('--display-name <name>', 'its name for people'),
    new Option('--role <role>', 'a role; may be repeated').argParser(collect),
    new Option('--from <time>', 'first moment of its permission: a time in RFC 3339, or a day').argParser(
      argumentReader((text) => readMoment(text, 'from')),
    ),
    untilOption('--until <time>', 'last moment of its permission: a time in RFC 3339, or a day'),
    new Option('--notes <text>', 'anything else'),
  ];
}

export function untilOption(flags: string, about: string): Option {
  const read = (text: string): Cell<number> => readMoment(text, 'until');
  return new Option(flags, about).argParser(argumentReader(read));
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

export function whyOption(): Option {
  return new Option('--why <text>', 'why, for the history');
}
