// Every command's --help ends in an example, and every example does what it says in a checkout after `npm start`.

import { cpSync } from 'node:fs';
import type { Command } from 'commander';
import t from 'tap';
import { createProgram } from '../../src/cli/program.ts';
import { makeDemoFolderWithCertificates } from '../kit/demo.ts';
import { makeFolder } from '../kit/gateway.ts';
import { runHere, runProcess, startProcess } from '../kit/process.ts';

/** Every command, as the words that call it; the program itself is none. */
function commandsBelow(command: Command, words: readonly string[] = []): (readonly string[])[] {
  return [words, ...command.commands.flatMap((child) => commandsBelow(child, [...words, child.name()]))];
}

/** What must be there before the example of a command can do its work. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  'clients update': ['clients add alice'],
  'clients disable': ['clients add alice'],
  'clients enable': ['clients add alice'],
  'clients remove': ['clients add alice'],
  'clients import': ['clients export --output clients.csv'],
  unblock: ['block --cert certs/dev/bob.pem --reason lost'],
  'pki server': ['pki init'],
  'pki client': ['pki init'],
  'pki sign': ['pki init', 'pki csr app.example --server'],
  'pki revoke': ['pki init', 'pki client alice'],
  'pki crl': ['pki init'],
  'pki p12': ['pki init', 'pki client alice'],
};

/** Options that a command does not do without. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  explain: ['--url', 'https://localhost/'],
  'admin token create': ['--name', 'x', '--role', 'viewer'],
};

const commands = commandsBelow(createProgram(() => {}));

const checkout = await makeDemoFolderWithCertificates(t);

/** Words of a shell's line without variables or escapes. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

t.test('there are commands', async (t) => {
  const names = new Set(commands.map((words) => words.join(' ')));
  for (const name of ['run', 'check', 'explain', 'pki init', 'pki server', 'pki client', 'pki inspect'])
    t.ok(names.has(name));
});

for (const words of commands) {
  const name = ['portcullis', ...words].join(' ');
  t.test(name, async (t) => {
    const { code, stdout, stderr } = await runProcess(t, [...words, '--help']);
    t.equal(code, 0);
    t.equal(stderr, '');
    const example = /\nExample:\n {2}portcullis (.+)\n\n?$/.exec(stdout)?.[1];
    t.ok(example?.startsWith(words.join(' ')), `the last line is an example: ${example}`);
    if (example === undefined) return;

    const args = splitWords(example);
    const cwd = makeFolder(t);
    cpSync(checkout, cwd, { recursive: true });
    for (const line of BEFORE[words.join(' ')] ?? []) {
      t.equal((await runProcess(t, splitWords(line), { cwd })).code, 0, line);
    }
    if (args[0] === 'status') await startProcess(t, ['run'], { cwd }).lineWhere(({ msg }) => msg === 'listening');
    const called = startProcess(t, args, { cwd });
    if (args[0] === 'run' || args[0] === 'echo') {
      await called.until(() => called.stdout().includes('listening'));
      called.signal('SIGTERM');
    }
    const ended = await called.ended;
    t.equal(ended.code, 0, example);
    t.ok(ended.stdout.length > 0, 'it says something');
  });
}

t.test('what is no command or option is told so', async (t) => {
  for (const words of commands) {
    const required = REQUIRED[words.join(' ')] ?? [];
    const { code, stderr } = await runHere(t, [...words, '--no-such-option', ...required]);
    t.equal(code, 2, words.join(' '));
    t.equal(stderr, "error: unknown option '--no-such-option'\n");
  }
  t.match(await runHere(t, ['no-such-command']), { code: 2, stderr: /unknown command/ });
  t.match(await runHere(t, ['pki', 'no-such-command']), { code: 2, stderr: /unknown command/ });
  t.match(await runProcess(t, ['run', '--no-such-option']), { code: 2, stdout: '', stderr: /unknown option/ });
  t.match(await runProcess(t, ['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});
