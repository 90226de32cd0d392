// Design rule 5, form by form: what is refused, what is forwarded instead, and what else an upstream may read into it.

import t from 'tap';
import { canonicalPath, type PathAllowances } from '../../../src/policy/canonical-path.ts';

const STRICT: PathAllowances = { semicolon: 'refuse', encodedSlash: 'refuse', duplicateSlash: 'refuse' };
const LENIENT: PathAllowances = { semicolon: 'allow', encodedSlash: 'allow', duplicateSlash: 'allow' };

/** Raw path, what is forwarded, and the readings with their segments joined by ` | `. */
type Accepted = readonly [raw: string, path: string, readings: readonly string[]];

function checkAccepted(cases: readonly Accepted[], allowances: PathAllowances): void {
  for (const [raw, path, readings] of cases) {
    const canonical = canonicalPath(raw, allowances);
    t.equal(canonical?.path, path, `${raw} is forwarded as ${path}`);
    t.strictSame(
      canonical?.readings.map((reading) => reading.join(' | ')),
      readings,
      `${raw} is read as ${readings.join(' or ')}`,
    );
  }
}

t.test('plain paths are their own form', async () => {
  checkAccepted(
    [
      ['/', '/', ['']],
      ['/a', '/a', ['a']],
      ['/a/', '/a/', ['a']],
      ['/Admin/x-y_z~1', '/Admin/x-y_z~1', ['Admin | x-y_z~1']],
      ['/file.tar.gz', '/file.tar.gz', ['file.tar.gz']],
      ['/.well-known/acme', '/.well-known/acme', ['.well-known | acme']],
      ['/...a', '/...a', ['...a']],
      ["/a!$&'()*+,=:@|", "/a!$&'()*+,=:@|", ["a!$&'()*+,=:@|"]],
    ],
    STRICT,
  );
});

t.test('escapes of letters, digits, - _ and ~ are decoded; all others stay (RFC 3986 6.2.2.2)', async () => {
  checkAccepted(
    [
      ['/%61dmin', '/admin', ['admin']],
      ['/%41%5A%5f%2D%7e%39', '/AZ_-~9', ['AZ_-~9']],
      ['/a%20b', '/a%20b', ['a b']],
      ['/%e4%BD%a0', '/%e4%BD%a0', ['你']],
      ['/a%3Fb%23c', '/a%3Fb%23c', ['a?b#c']],
      ['/a%c3%a4', '/a%c3%a4', ['aä']],
      ['/a%3ab', '/a%3ab', ['a:b']],
      ['/%EF%BB%BFa', '/%EF%BB%BFa', ['\ufeffa']],
    ],
    STRICT,
  );
});

t.test('an escaped escape is also read as decoded twice', async () => {
  checkAccepted(
    [
      ['/100%25', '/100%25', ['100%']],
      ['/100%25zz', '/100%25zz', ['100%zz']],
      ['/%2561dmin', '/%2561dmin', ['%61dmin', 'admin']],
      ['/%25%36%31dmin', '/%2561dmin', ['%61dmin', 'admin']],
      ['/a%252fb', '/a%252fb', ['a%2fb', 'a | b']],
      ['/a%255cb', '/a%255cb', ['a%5cb', 'a | b']],
      ['/a%25C3%25A4', '/a%25C3%25A4', ['a%C3%A4', 'aä']],
      ['/a%25ff', '/a%25ff', ['a%ff']],
      ['/a%253bb', '/a%253bb', ['a%3bb', 'a;b', 'a']],
    ],
    STRICT,
  );
});

t.test('an escaped semicolon is also read as the end of the segment', async () => {
  checkAccepted([['/admin%3bx/y', '/admin%3bx/y', ['admin;x | y', 'admin | y']]], STRICT);
});

t.test('what two readers could take differently has no form', async (t) => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    'not beginning with a slash': ['', 'a', '*', 'http://localhost/', '%2Fa'],
    'dot segments': ['/.', '/..', '/a/./b', '/a/../b', '/a/..', '/a/.', '/../../etc'],
    'encoded dots': ['/%2e', '/%2e%2e/a', '/.%2E/a', '/a%2eb', '/file%2Etxt'],
    backslashes: ['/a\\b', '/\\admin', '/a%5cb', '/a%5C..%5Cb'],
    'fragments and queries': ['/a#b', '/a?b', '/#'],
    'control bytes': ['/a\tb', '/a\0', '/a\x7fb', '/a b', '/%00', '/a%0d%0ab', '/a%1f', '/%7F'],
    'bytes beyond ASCII': ['/\xe4', '/ä', '/你', '/a\x80'],
    'broken escapes': ['/%', '/%2', '/%zz', '/%u0061', '/a%2', '/a%%41', '/%25%'],
    'escapes that are no UTF-8': ['/%ff', '/%C0%AF', '/%e4', '/%ED%A0%80', '/%F5%80%80%80', '/%C1%A1dmin'],
    'encoded slashes': ['/a%2fb', '/%2F', '/a%2F'],
    'empty segments': ['//', '//a', '/a//b', '/a//', '///'],
    'endings that Windows drops': ['/admin.', '/admin./x', '/admin%20', '/admin%20/x', '/admin...', '/a.%20'],
    'streams of Windows files': ['/admin::$DATA', '/admin::$data/x', '/web.config::$INDEX_ALLOCATION'],
    semicolons: ['/admin;', '/admin;x=y', '/;/admin', '/a/..;/b', '/a;jsessionid=1/b'],
    'dots behind a second decoding': ['/%252e%252e/a', '/a/%252e/b', '/%25%32%65', '/a%252f%252e%252e', '/admin%252e'],
    'endings behind a second decoding': ['/admin%2520', '/admin%253a%253a$DATA'],
    'dots before an escaped semicolon': ['/..%3b/a', '/.%3bx', '/admin.%3b', '/..%253b/a', '/.%25%33%62'],
  };
  for (const [what, paths] of Object.entries(refused)) {
    for (const raw of paths) t.equal(canonicalPath(raw, STRICT), undefined, `${what}: ${JSON.stringify(raw)}`);
  }
  t.equal(canonicalPath('/%2561'.repeat(4), STRICT)?.readings.length, 2, 'a long one is no more trouble');
});

t.test('a site may allow single forms; then every reading counts', async (t) => {
  const allow = (part: Partial<PathAllowances>): PathAllowances => ({ ...STRICT, ...part });
  checkAccepted(
    [
      ['/admin;x=y/z', '/admin;x=y/z', ['admin;x=y | z', 'admin | z']],
      ['/admin;', '/admin;', ['admin;', 'admin']],
      ['/;x/admin', '/;x/admin', [';x | admin', ' | admin', 'admin']],
    ],
    allow({ semicolon: 'allow' }),
  );
  checkAccepted(
    [
      ['/a%2Fb', '/a%2Fb', ['a/b', 'a | b']],
      ['/a%2f', '/a%2f', ['a/', 'a | ', 'a']],
      ['/%2Fadmin', '/%2Fadmin', ['/admin', ' | admin', 'admin']],
    ],
    allow({ encodedSlash: 'allow' }),
  );
  checkAccepted(
    [
      ['//admin', '//admin', [' | admin', 'admin']],
      ['/a//b/', '/a//b/', ['a |  | b', 'a | b']],
      ['//', '//', ['']],
    ],
    allow({ duplicateSlash: 'allow' }),
  );
  t.equal(canonicalPath('/a;b', allow({ encodedSlash: 'allow', duplicateSlash: 'allow' })), undefined);
  t.equal(canonicalPath('/a%2fb', allow({ semicolon: 'allow', duplicateSlash: 'allow' })), undefined);
  t.equal(canonicalPath('/a//b', allow({ semicolon: 'allow', encodedSlash: 'allow' })), undefined);
});

t.test('no allowance lets a dot segment through, in whatever reading', async (t) => {
  t.ok(canonicalPath('/a;x/b%2Fc//d', LENIENT), 'all three at once');
  for (const raw of [
    '/..;/admin',
    '/a/..;x/b',
    '/a%2f..%2fb',
    '/a%2F../b',
    '//..',
    '/%2e%2e%2fa',
    '/a%2f%2e',
    '/a%252f..',
    '/a;%2f..',
    '/..%3bx%2fa',
    '/admin.;x',
    '/admin%20%2Fx',
    '/a%5c%2fb',
  ]) {
    t.equal(canonicalPath(raw, LENIENT), undefined, raw);
  }
});
