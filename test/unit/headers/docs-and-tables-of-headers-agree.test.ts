import { readFileSync } from 'node:fs';
import t from 'tap';
import { FIELDS } from '../../../src/headers/fields.ts';
import { FORMATS } from '../../../src/headers/formats.ts';
import { FORMAT_NAMES } from '../../../src/headers/options.ts';
import { FORWARDING_FAMILIES, IDENTITY_FAMILIES } from '../../../src/headers/strip.ts';

const manual = readFileSync(new URL('../../../docs/headers.md', import.meta.url), 'utf8');

/** The rows of the table that begins with these column titles, without title and rule. */
function tableUnder(...titles: string[]): string[] {
  const [, behind] = manual.split(`| ${titles.join(' | ')} |\n`);
  const lines = behind?.split('\n') ?? [];
  return lines.slice(
    1,
    lines.findIndex((line) => !line.startsWith('|')),
  );
}

t.test('the manual lists the headers that each format writes', async (t) => {
  const written = Object.entries(FORMATS).flatMap(([format, { headers }]) =>
    headers.flatMap(({ name, field }) =>
      field === undefined ? [] : [`| \`${format}\` | \`${name}\` | \`${field}\` |`],
    ),
  );
  t.strictSame(tableUnder('format', 'header', 'field'), written);
});

t.test('the manual names the headers that a format has and does not write', async (t) => {
  for (const { name, field } of Object.values(FORMATS).flatMap(({ headers }) => headers)) {
    if (field === undefined) t.ok(manual.includes(name), name);
  }
});

t.test('the manual shows every format', async (t) => {
  for (const format of FORMAT_NAMES) t.match(manual, new RegExp(`^### .*\`${format}\``, 'm'));
});

t.test('the manual lists the fields of custom headers', async (t) => {
  const fields = Object.entries(FIELDS).map(([name, { meaning }]) => `| \`${name}\` | ${meaning} |`);
  t.strictSame(tableUnder('field', 'value'), fields);
});

t.test('the manual lists what is stripped', async (t) => {
  const rows = (families: readonly string[]) => families.map((family) => `| \`${family}\` |`);
  t.strictSame(tableUnder('identity headers, stripped from requests and answers'), rows(IDENTITY_FAMILIES));
  t.strictSame(tableUnder('forwarding headers, stripped from requests'), rows(FORWARDING_FAMILIES));
});
