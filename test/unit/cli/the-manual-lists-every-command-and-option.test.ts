// docs/command-line.md names every command, argument and option of the program, and nothing else.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import t from 'tap';
import { createProgram } from '../../../src/cli/program.ts';

const manual = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');

/** What stands under a heading, up to the next one of any level. */
function sectionOf(heading: string): string | undefined {
  const [, behind] = `\n${manual}`.split(new RegExp(`\n#+ ${heading}\n`));
  return behind?.split(/\n#+ /)[0];
}

function checkCommand(command: Command, words: readonly string[]): void {
  const name = [...words, command.name()].join(' ');
  t.test(name, async (t) => {
    const section = words.length === 0 ? manual : sectionOf(name);
    t.ok(section, 'the manual has a heading for it');
    if (section === undefined) return;
    for (const { flags } of command.options) {
      const names = flags.split(', ').every((flag) => section.includes(flag));
      t.ok(names, `option ${flags}`);
    }
    for (const argument of command.registeredArguments) {
      t.match(section, `\`<${argument.name()}${argument.variadic ? '...' : ''}>\``);
    }
    // The program's own example is that of `run`.
    if (words.length > 0) t.match(section, /\n```\nportcullis [^\n]+\n```\n/, 'an example');
  });
  for (const child of command.commands) checkCommand(child, [...words, command.name()]);
}

const program = createProgram(() => {});
checkCommand(program, []);

t.test('the manual has no command or option that is not there', async (t) => {
  const headings = [...manual.matchAll(/^#+ portcullis (.+)$/gm)].map(([, words = '']) => words);
  for (const words of headings) {
    const command = words.split(' ').reduce<Command | undefined>(findChild, program);
    t.ok(command, words);
    const section = sectionOf(`portcullis ${words}`) ?? '';
    const options = [...section.matchAll(/`(?:-\w, )?(--[a-z0-9-]+)(?: <\w+>)?`/g)].map(([, flag]) => flag);
    const known = [...(command?.options ?? []).map(({ long }) => long), '--insecure-http-parser', '--tls-keylog'];
    for (const flag of options) t.ok(known.includes(flag), `${words} ${flag}`);
  }
});

function findChild(command: Command | undefined, name: string): Command | undefined {
  return command?.commands.find((child) => child.name() === name);
}
