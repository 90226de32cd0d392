// Rules that no compiler checks, each with the reason that its failure gives.

import t from 'tap';
import { readSources, type Source } from './sources.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly why: string;
  /** Where it may stand. */
  readonly except?: readonly string[];
  /** A line that breaks it. */
  readonly example: string;
}

const RULES: readonly Rule[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\)/,
    why: 'time is an argument (`now`) or a Clock, so that tests and `explain --at` can set it',
    except: ['src/model/clock.ts'],
    example: 'const now = Date.now();',
  },
  {
    pattern: /\bprocess\.env\b/,
    why: 'the environment is read in app and cli only and handed on, so that nothing below depends on it in secret',
    except: ['src/app/', 'src/cli/'],
    example: 'if (process.env.DEBUG) {',
  },
  {
    pattern: /\brejectUnauthorized\s*:\s*false\b/,
    why: 'whoever is connected to must be verified; only gate 1 of the listener leaves the refusal to the gate behind it',
    except: ['src/listener/secure-servers.ts'],
    example: 'connect({ rejectUnauthorized: false });',
  },
  {
    pattern: /\bconsole\s*[.[]/,
    why: 'what is said goes through the log or the streams of the command line; console would mix into both',
    example: 'console.log(socket);',
  },
  {
    pattern: /\.\s*authorized\b|\{[^{}]*\bauthorized\b[^{}]*\}\s*=/,
    why: '`authorized` has been true without a certificate (nodejs/node#35317); two gates decide (design rule 2)',
    example: 'if (socket.authorized) {',
  },
];

function findViolations({ file, text }: Source): string[] {
  return RULES.filter(({ except = [] }) => !except.some((allowed) => file.startsWith(allowed))).flatMap(
    ({ pattern, why }) =>
      text
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}: ${why}`] : [])),
  );
}

/** The header comment; a script may have its `#!` line before it. */
function findMissingHeader({ file, text }: Source): string[] {
  const [first = '', second = ''] = text.split('\n');
  const header = first.startsWith('#!') ? second : first;
  return /^\/\/ \S+ \S+ \S+/.test(header)
    ? []
    : [`${file}: begins with "${header}" and not with a comment that says which question the file answers`];
}

t.test('in every file of src', async (t) => {
  const sources = readSources();
  t.strictSame(sources.flatMap(findViolations), []);
  t.strictSame(sources.flatMap(findMissingHeader), []);
});

t.test('the scan finds what it is for', async (t) => {
  for (const { example, why } of RULES) {
    t.match(findViolations({ file: 'src/gate/a.ts', text: `// x\n${example}\n` }), [
      `src/gate/a.ts:2: ${example}: ${why}`,
    ]);
  }
  t.equal(findViolations({ file: 'src/gate/a.ts', text: 'const { authorized } = socket;' }).length, 1);
  t.strictSame(findViolations({ file: 'src/cli/a.ts', text: 'process.env' }), []);
  t.strictSame(findViolations({ file: 'src/gate/a.ts', text: 'const { authorizationError } = socket;' }), []);
  t.equal(findMissingHeader({ file: 'a.ts', text: `import t from 'tap';` }).length, 1);
  t.equal(findMissingHeader({ file: 'a.ts', text: '\n// Which question does it answer?' }).length, 1);
  t.strictSame(findMissingHeader({ file: 'a.ts', text: '#!/usr/bin/env node\n// Which question is it?' }), []);
});
