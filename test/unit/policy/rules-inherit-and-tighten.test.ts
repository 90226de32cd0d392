// From sites as configured to the rules that a path falls under: inheritance, letter case, several readings.

import t from 'tap';
import { canonicalPath } from '../../../src/policy/canonical-path.ts';
import { compilePolicy, type RuleSettings, type Site, type SiteSettings } from '../../../src/policy/compile.ts';
import { makeRoot } from '../../kit/pki.ts';
import { identityOf } from './identities.ts';

const STRICT = { semicolon: 'refuse', encodedSlash: 'refuse', duplicateSlash: 'refuse' } as const;
const ALL_ALLOWED = { semicolon: 'allow', encodedSlash: 'allow', duplicateSlash: 'allow' } as const;

const BASE: SiteSettings = {
  hosts: ['app.example'],
  caseSensitive: false,
  sendIssuerList: true,
  origins: [],
  urlPath: STRICT,
  clientCertificate: 'accept',
  trust: 'corporate',
  upstream: 'app',
  paths: {},
};

function compile(settings: Partial<SiteSettings>): Site {
  const { policy, problems } = compilePolicy([{ ...BASE, ...settings }], () => []);
  t.strictSame(problems, []);
  const [site] = policy.sites;
  if (site === undefined) throw new Error('no site');
  return site;
}

function rulesFor(site: Site, path: string): string[] {
  const canonical = canonicalPath(path, site.urlPath);
  if (canonical === undefined) throw new Error(`${path} is refused`);
  return site.match(canonical.readings).map(({ id }) => id.replace('app.example', ''));
}

t.test('keys that a path does not set come from the nearest enclosing one; lists replace', async (t) => {
  const root = makeRoot();
  const [alice, bob] = [identityOf(root.client({ cn: 'alice' })), identityOf(root.client({ cn: 'bob' }))];
  const only = (CN: string) => [{ subject: { CN } }];
  const site = compile({
    paths: {
      '/a/b/c': { upstream: 'other' },
      '/a': { clientCertificate: 'require', allow: only('alice'), deny: only('mallory') },
      '/a/b': { allow: only('bob') },
      '/ab': {},
    },
  });
  const find = (path: string) => site.rules.find(({ id }) => id === `app.example${path}`);
  t.match(find('/a'), { mode: 'require', upstream: 'app', trust: 'corporate' });
  t.match(find('/a/b/c'), { mode: 'require', upstream: 'other', trust: 'corporate', deny: [Function] });
  t.match(find('/ab'), { mode: 'accept', upstream: 'app', allow: undefined, deny: [] });
  const admits = (path: string) => [alice, bob].map((who) => find(path)?.allow?.some((matches) => matches(who)));
  t.strictSame(admits('/a'), [true, false]);
  t.strictSame(admits('/a/b'), [false, true], 'the inner list stands alone');
  t.strictSame(admits('/a/b/c'), [false, true], 'and is inherited from the nearest');
});

t.test('a site without a mode requires a certificate', async (t) => {
  t.equal(compile({ clientCertificate: undefined }).rules[0]?.mode, 'require');
});

t.test('reportOnly is the rule with the reported keys changed', async (t) => {
  const site = compile({ paths: { '/a': { reportOnly: { clientCertificate: 'require' } }, '/a/b': {} } });
  t.match(site.rules[1], { mode: 'accept', reportOnly: { mode: 'require', trust: 'corporate' } });
  t.match(site.rules[2], { mode: 'accept', reportOnly: { mode: 'require' } }, 'and inherited like any key');
  t.equal(site.rules[0]?.reportOnly, undefined);
});

t.test('a rule that tightens holds in any letter case, one that loosens in its own only', async (t) => {
  const site = compile({
    paths: {
      '/admin': { clientCertificate: 'require' },
      '/public': { clientCertificate: 'ignore' },
      '/admin/help': { clientCertificate: 'ignore' },
      '/other': { upstream: 'other' },
    },
  });
  for (const [path, rules] of [
    ['/admin', ['/admin']],
    ['/ADMIN/x', ['/admin']],
    ['/public', ['/public']],
    ['/Public', ['/']],
    ['/admin/help', ['/admin/help']],
    ['/admin/HELP', ['/admin']],
    ['/ADMIN/help', ['/admin']],
    ['/OTHER', ['/other']],
    ['/x', ['/']],
  ] as const) {
    t.strictSame(rulesFor(site, path), rules, path);
  }
});

t.test('a case-sensitive site knows one letter case', async (t) => {
  const site = compile({ caseSensitive: true, paths: { '/admin': { clientCertificate: 'require' } } });
  t.strictSame(rulesFor(site, '/admin'), ['/admin']);
  t.strictSame(rulesFor(site, '/ADMIN'), ['/']);
});

t.test('every reading of a path counts, the strictest first', async (t) => {
  const paths: Record<string, RuleSettings> = {
    '/admin': { clientCertificate: 'require' },
    '/public': { clientCertificate: 'ignore' },
  };
  const site = compile({ urlPath: ALL_ALLOWED, paths });
  for (const [path, rules] of [
    ['/admin;x/y', ['/admin', '/']],
    ['/ADMIN;x', ['/admin', '/']],
    ['/admin%2Fx', ['/admin', '/']],
    ['//admin', ['/admin', '/']],
    ['/public;x/y', ['/', '/public']],
    ['/x%2F%2Fadmin', ['/']],
  ] as const) {
    t.strictSame(rulesFor(site, path), rules, path);
  }
  const strict = compile({ paths });
  t.strictSame(rulesFor(strict, '/%2561dmin'), ['/admin', '/'], 'decoded twice');
  t.strictSame(rulesFor(strict, '/admin%3Bx'), ['/admin', '/'], 'an escaped semicolon');
  t.strictSame(rulesFor(strict, '/%61dmin'), ['/admin'], 'decoded once is the path itself');
});

t.test('what would never match is a problem and no rule', async (t) => {
  const { problems } = compilePolicy([{ ...BASE, paths: { '/a/../b': {}, '/a': {} } }], () => []);
  t.match(problems, [{ path: 'sites[0].paths./a/../b', message: /never match/ }]);
});

t.test('hosts lead to sites in any spelling, the most exact first', async (t) => {
  const sites = [['app.example'], ['*.EXAMPLE', '[0::1]'], ['*']].map((hosts) => ({ ...BASE, hosts }));
  const { policy } = compilePolicy(sites, () => []);
  for (const [host, name] of [
    ['app.example', 'app.example'],
    ['other.example', '*.EXAMPLE'],
    ['[::1]', '*.EXAMPLE'],
    ['a.other.example', '*'],
    ['example', '*'],
  ] as const) {
    t.equal(policy.siteOf(host)?.name, name, host);
  }
});
