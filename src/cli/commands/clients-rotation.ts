// portcullis clients rotation: which accounts come with a new certificate in the place of an old one?

import { Command } from 'commander';
import { findRotations, type Rotation } from '../../directory/rotation.ts';
import { DAY_MS, systemClock } from '../../model/clock.ts';
import type { SeenCertificate } from '../../model/traffic.ts';
import { configOption } from '../config-file.ts';
import { formatMoment, formatTable, toJson } from '../directory-text.ts';
import { readDays } from '../pki-arguments.ts';
import { isIssuedBy, readSeen, seenToPlain } from '../seen-text.ts';
import { useDirectory } from '../use-directory.ts';

const ROTATION_HELP = `
What is to be replaced are certificates that end within --days, or, with --issuer, those of that authority whenever they
end. "under way": an old certificate was still seen after a new one had come. "done": none was.

Example:
  portcullis clients rotation --issuer "Old CA"
`;

interface RotationOptions {
  readonly config: string;
  readonly days: number;
  readonly issuer?: string;
  readonly json?: boolean;
}

export function rotationCommand(finish: (exitCode: number) => void): Command {
  return new Command('rotation')
    .description('Show which accounts have come with a new certificate in the place of an old one.')
    .addOption(configOption())
    .option('--days <days>', 'what ends within so many days is to be replaced', readDays, 30)
    .option('--issuer <text>', 'what an authority with this text in its name has issued is to be replaced')
    .option('--json', 'write them as JSON')
    .addHelpText('after', ROTATION_HELP)
    .action(async ({ config, days, issuer, json }: RotationOptions) => {
      const code = await useDirectory({ config }, async ({ store }) => {
        const until = systemClock() + days * DAY_MS;
        const isOld = (seen: SeenCertificate) =>
          issuer === undefined ? seen.notAfter <= until : isIssuedBy(seen, issuer);
        const rotations = findRotations(await readSeen(store), isOld);
        process.stdout.write(json ? toJson(rotations.map(rotationToPlain)) : rotationsToText(rotations));
        return 0;
      });
      finish(code);
    });
}

function rotationToPlain({ old, fresh, ...rotation }: Rotation): object {
  return { ...rotation, old: old.map(seenToPlain), new: fresh.map(seenToPlain) };
}

function rotationsToText(rotations: readonly Rotation[]): string {
  if (rotations.length === 0) return 'nothing is to be replaced\n';
  const table = formatTable(
    rotations.map(({ account, state, old, fresh }) => [account, state, describeOld(old), describeFresh(fresh)]),
  );
  const count = (wanted: Rotation['state']) => rotations.filter(({ state }) => state === wanted).length;
  const counts = (['done', 'under way', 'not begun'] as const).map((state) => `${count(state)} ${state}`).join(', ');
  return `${table}accounts: ${rotations.length}; ${counts}\n`;
}

function describeOld(old: readonly SeenCertificate[]): string {
  const ends = Math.min(...old.map(({ notAfter }) => notAfter));
  const last = Math.max(...old.map(({ lastSeenAt }) => lastSeenAt));
  return `${old.length} old, end ${formatMoment(ends)}, seen until ${formatMoment(last)}`;
}

function describeFresh(fresh: readonly SeenCertificate[]): string {
  if (fresh.length === 0) return 'none new';
  const first = Math.min(...fresh.map(({ firstSeenAt }) => firstSeenAt));
  return `${fresh.length} new, seen since ${formatMoment(first)}`;
}
