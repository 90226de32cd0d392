// Targets: the path and the host of a request, and what both are for.

import { readTarget } from '../../../src/gate/read-target.ts';
import type { Evidence } from '../../../src/model/evidence.ts';
import { type Authority, canonicalAuthority, canonicalHost } from '../../../src/policy/canonical-host.ts';
import { canonicalPath, type PathAllowances } from '../../../src/policy/canonical-path.ts';
import { compilePolicy, type SiteSettings } from '../../../src/policy/compile.ts';
import { createHostTable } from '../../../src/policy/host-table.ts';
import { mustBe, type Target } from '../target.ts';

const STRICT: PathAllowances = { semicolon: 'refuse', encodedSlash: 'refuse', duplicateSlash: 'refuse' };
const LOOSE: PathAllowances = { semicolon: 'allow', encodedSlash: 'allow', duplicateSlash: 'allow' };
/** More than an upstream could read into a path of that many octets. */
const MAX_BYTES = 8192;

const PATHS = [
  '/',
  '/a/b/',
  '/%61dmin',
  '/a%20b/c',
  '/x;y=1/z',
  '/a%2Fb',
  '//a',
  '/a.b/c~d',
  '/%F0%9F%98%80',
  '/a%2541',
  '/A/./b',
  '/a..b',
];
const HOSTS = [
  'localhost',
  'a.example:8443',
  'A.Example.',
  '[2001:db8::1]:443',
  '192.0.2.1',
  'xn--a-0ga.example',
  '_x-y.example:1',
];

const texts = (list: readonly string[]): Uint8Array[] => list.map((text) => Buffer.from(text));
const textOf = (input: Uint8Array): string => Buffer.from(input).toString('latin1');

export function canonicalPathTarget(): Target {
  return {
    name: 'canonical-path',
    shape: 'text',
    maxBytes: MAX_BYTES,
    seeds: texts(PATHS),
    run: (input) => [STRICT, LOOSE].map((allowances) => runPath(textOf(input), allowances)).join(),
  };
}

function runPath(raw: string, allowances: PathAllowances): string {
  const canonical = canonicalPath(raw, allowances);
  if (canonical === undefined) return 'refused';
  const { path, readings } = canonical;
  mustBe(/^\/[\x21-\x7e]*$/.test(path) && !/[\\#?]/.test(path), 'a path is plain', () => JSON.stringify(path));
  mustBe(canonicalPath(path, allowances)?.path === path, 'a canonical path is its own canonical form', () => path);
  // The URL standard escapes some more characters, and decodes none.
  const escaped = path.replace(/["<>^`{}]/g, (character) => `%${Buffer.from(character).toString('hex').toUpperCase()}`);
  const { pathname } = new URL(`http://h${path}`);
  mustBe(pathname === path || pathname === escaped, 'other readers leave a canonical path as it is', () => path);
  mustBe(readings.length > 0 && readings.length <= 16, 'a path has few readings', () => `${readings.length}`);
  const isClimbing = readings.flat().some((segment) => segment === '.' || segment === '..');
  mustBe(!isClimbing, 'no reading has a dot segment', () => path);
  return `${readings.length > 1} ${path.includes('%')} ${path.includes(';')}`;
}

export function canonicalHostTarget(): Target {
  return {
    name: 'canonical-host',
    shape: 'text',
    maxBytes: 1024,
    seeds: texts(HOSTS),
    run: (input) => {
      const found = canonicalAuthority(textOf(input));
      if (found === undefined) return 'refused';
      checkAuthority(found);
      return `${found.host.startsWith('[')} ${found.authority !== found.host}`;
    },
  };
}

function checkAuthority(found: Authority): void {
  mustBe(canonicalHost(found.host) === found.host, 'a canonical host is its own canonical form', () => found.host);
  const again = canonicalAuthority(found.authority);
  mustBe(
    again?.authority === found.authority && again.host === found.host,
    'so is an authority',
    () => found.authority,
  );
  mustBe(/^[a-z0-9_.:[\]-]+$/.test(found.authority), 'an authority is plain');
}

const EVIDENCE: Evidence = {
  leaf: undefined,
  presented: [],
  handshakeError: undefined,
  trustGeneration: '',
  serverName: 'localhost',
  tlsVersion: 'TLSv1.3',
  cipher: '',
  resumed: false,
  remoteAddress: '127.0.0.1',
  remotePort: 1,
};

const SITE: SiteSettings = {
  hosts: ['localhost'],
  caseSensitive: false,
  sendIssuerList: true,
  origins: [],
  urlPath: LOOSE,
  clientCertificate: 'ignore',
  paths: {
    '/admin': { clientCertificate: 'require', trust: 'corporate' },
    '/a/b': { clientCertificate: 'accept', trust: 'corporate' },
  },
};

/** Host and request target, with a line between them. */
export function requestTargetTarget(): Target {
  const { policy } = compilePolicy([SITE, { ...SITE, hosts: ['*.example'], urlPath: STRICT }], () => []);
  const context = { policy, defaultHosts: createHostTable<true>([]) };
  return {
    name: 'request-target',
    shape: 'text',
    maxBytes: MAX_BYTES,
    seeds: texts(PATHS.map((path) => `localhost\n${path}?q=1`)),
    run: (input) => {
      const [host = '', ...rest] = textOf(input).split('\n');
      const read = readTarget({ host, url: rest.join('\n') }, EVIDENCE, context);
      if ('code' in read) return read.code;
      const { target, rules } = read;
      const folded = target.path.toLowerCase();
      const isGuarded = folded === '/admin' || folded.startsWith('/admin/');
      mustBe(
        !isGuarded || rules[0].id === 'localhost/admin' || rules[0].site !== 'localhost',
        'the rule of a path is found',
      );
      mustBe(target.query === '' || target.query.startsWith('?'), 'a query begins with its mark');
      return `${rules[0].id} ${rules.length}`;
    },
  };
}
