// portcullis pki lint: every certificate against its text in test/golden/lint. UPDATE_GOLDEN=1 writes them anew, to be
// read in the diff.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { runProgram } from '../../../src/cli/program.ts';
import { encodePem } from '../../../src/x509/pem.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { makeRoot, type TestCertificate, type TestCrl } from '../../kit/pki.ts';
import { runHere } from '../../kit/process.ts';
import { JUDGED } from './judged-certificates.ts';
import { LINTED } from './linted-certificates.ts';

const golden = fileURLToPath(new URL('../../golden/lint/', import.meta.url));
const AT = ['--at', '2026-06-01T12:00:00Z'];
/** Refused by nobody, all others by somebody. */
const GOOD = ['sound', 'careless', 'of-active-directory'];

interface Files {
  readonly sent: readonly TestCertificate[];
  readonly anchors: readonly TestCertificate[];
  readonly crls: readonly TestCrl[];
}

const folder = makeFolder(t);

function pemOf(things: readonly { readonly pem: string }[]): string {
  return things.map(({ pem }) => pem).join('');
}

/** What stands on its standard output. The folder is left out, and the lines too: signatures differ in length. */
async function lint(t: Test, args: readonly string[]): Promise<{ code: number; text: string }> {
  const written = t.capture(process.stdout, 'write', () => true);
  try {
    const code = await runProgram(['node', 'portcullis', 'pki', 'lint', ...args]);
    const text = written()
      .map(({ args: [chunk] }) => String(chunk))
      .join('');
    return { code, text: text.replaceAll(`${folder}/`, '').replace(/\bline \d+:/g, 'line N:') };
  } finally {
    written.restore();
  }
}

/** Writes the files of a case, and gives what calls for them. */
function argumentsFor(name: string, { sent, anchors, crls }: Files): string[] {
  const own = join(folder, name);
  mkdirSync(own);
  const write = (file: string, text: string) => {
    writeFileSync(join(own, file), text);
    return join(own, file);
  };
  return [
    write('client.pem', pemOf(sent)),
    ...(anchors.length > 0 ? ['--anchor', write('anchors.pem', pemOf(anchors))] : []),
    ...(crls.length > 0 ? ['--crl', write('all.crl', pemOf(crls))] : []),
    ...AT,
  ];
}

const cases = new Map<string, string[]>();
for (const [name, make] of Object.entries(JUDGED)) cases.set(name, argumentsFor(name, make()));
for (const [name, make] of Object.entries(LINTED)) {
  const { sent, anchor, args = [] } = make();
  cases.set(name, [...argumentsFor(name, { sent, anchors: anchor ? [anchor] : [], crls: [] }), ...args]);
}

for (const [name, args] of cases) {
  t.test(name, async (t) => {
    const { code, text } = await lint(t, args);
    t.equal(code, GOOD.includes(name) ? 0 : 1, 'the exit code says whether anybody refuses it');
    const expected = `${golden}${name}.txt`;
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(expected, text);
    t.equal(text, readFileSync(expected, 'utf8'));
  });
}

t.test('there is a file for each, and no other', async (t) => {
  const files = readdirSync(golden).map((file) => basename(file, '.txt'));
  t.strictSame(files.sort(), [...cases.keys()].sort());
});

t.test('for programs, of several files', async (t) => {
  const args = (name: string) => cases.get(name) ?? [];
  const file = (name: string) => args(name)[0] ?? '';
  const { code, text } = await lint(t, ['--json', file('sound'), file('malformed'), ...AT]);
  t.equal(code, 1);
  t.match(JSON.parse(text), {
    files: [
      {
        file: 'sound/client.pem',
        refused: false,
        problems: [],
        certificates: [{ role: 'leaf' }, { role: 'intermediate' }],
      },
      {
        file: 'malformed/client.pem',
        refused: true,
        problems: [{ line: 1, code: 'certificate-invalid', windows: { hresult: { name: 'CRYPT_E_ASN1_BADTAG' } } }],
        certificates: [],
      },
    ],
  });
  const elsewhere = JSON.parse((await lint(t, ['--json', ...args('refused-elsewhere')])).text);
  t.match(elsewhere.files[0].certificates[0].advice[0], { severity: 'elsewhere', topic: 'extended-key-usage' });
});

t.test('one that is too large for the gateway', async (t) => {
  const padding = { oid: '1.3.6.1.4.1.99999.2', value: Buffer.alloc(17_000) };
  const root = makeRoot();
  const write = (name: string, sent: readonly TestCertificate[]) => {
    const path = join(folder, name);
    writeFileSync(path, pemOf(sent));
    return path;
  };
  const good = await lint(t, [write('small.pem', [root.client()])]);
  t.equal(good.code, 0);
  const { code, text } = await lint(t, [write('large.pem', [root.client({ extensions: [padding] }), root])]);
  t.equal(code, 1);
  t.match(text, /FAIL encoding +line N: certificate: larger than 16384 octets\n/);
  t.notMatch(text, 'leaf', 'what stands behind it is no client');
});

t.test('what cannot be looked at', async (t) => {
  const root = makeRoot();
  const client = join(folder, 'alice.pem');
  const leafAsAnchor = join(folder, 'alice-as-anchor.pem');
  const noList = join(folder, 'no-list.pem');
  writeFileSync(client, root.client().pem);
  writeFileSync(leafAsAnchor, root.client().pem);
  writeFileSync(noList, encodePem('CERTIFICATE', root.der));
  for (const [exit, message, args] of [
    [2, /missing required argument/, []],
    [2, /expected a time/, [client, '--at', 'now']],
    [2, /expected clientAuth/, [client, '--eku', 'servers']],
    [1, /no such file/, [join(folder, 'none.pem')]],
    [1, /no anchor/, [client, '--anchor', leafAsAnchor]],
    [1, /holds no CRL/, [client, '--crl', noList]],
  ] as const) {
    const { code, stderr } = await runHere(t, ['pki', 'lint', ...args]);
    t.equal(code, exit, String(message));
    t.match(stderr, message);
  }
});
