// The text for the command line: safe for a terminal, one block per problem.

import t from 'tap';
import { formatProblems } from '../../../src/config/format-problems.ts';
import { coversHost, normalizeHost } from '../../../src/config/hosts.ts';
import { suggest } from '../../../src/config/nearest.ts';

t.test('blocks', async (t) => {
  t.equal(formatProblems([]), '');
  const text = formatProblems([
    {
      severity: 'error',
      file: 'a.yaml',
      line: 3,
      column: 7,
      path: 'sites[0].hosts',
      message: 'wrong',
      remedy: 'right',
    },
    { severity: 'warning', file: 'b.pem', message: 'a \u001b[31mred\u001b[0m\nname', remedy: 'none' },
  ]);
  t.equal(
    text,
    'a.yaml:3:7  error  sites[0].hosts\n  wrong\n  -> right\n\nb.pem  warning\n  a \\x1b[31mred\\x1b[0m\\x0aname\n  -> none\n',
  );
});

t.test('suggestions', async (t) => {
  const known = ['listeners', 'limits', 'log'];
  t.equal(suggest('lisetners', known), 'did you mean "listeners"?');
  t.equal(suggest('LIMITS', known), 'did you mean "limits"?');
  t.equal(suggest('xyz', known), 'known are: listeners, limits, log');
  t.equal(suggest('x', []), 'none is defined');
});

t.test('hosts', async (t) => {
  t.equal(normalizeHost('A.Example.'), 'a.example');
  t.equal(normalizeHost('*.A.example'), '*.a.example');
  t.equal(normalizeHost('0:0:0:0:0:0:0:1'), '[::1]');
  t.equal(normalizeHost('*.*.example'), undefined);
  t.equal(normalizeHost('a b'), undefined);
  const names = ['a.example', '*.b.example'];
  t.ok(coversHost(names, 'a.example'));
  t.ok(coversHost(names, 'x.b.example'));
  t.notOk(coversHost(names, 'b.example'));
  t.notOk(coversHost(names, 'x.y.b.example'), 'one label only');
  t.ok(coversHost(names, '*.b.example'));
  t.notOk(coversHost(['*.example'], '*.b.example'), 'a wildcard is covered by itself alone');
});
