// portcullis map test: which mapping gives a certificate its account, why the others do not, and its X509: strings.

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';
import { makeFolder } from '../kit/gateway.ts';
import { makeRoot } from '../kit/pki.ts';
import { runProcess } from '../kit/process.ts';
import { sidExtension } from '../kit/windows-extensions.ts';

const SID = 'S-1-5-21-1-2-3-1104';
const MAPPINGS = `
  - { name: no-mallory, trust: corporate, match: { subject: { CN: mallory } }, deny: true }
  - { name: members, trust: corporate, match: { san.upn: "*@corp.example" }, account: "{upn.local}" }
  - { name: by-sid, match: { issuer: { CN: Test Root }, sid: "S-1-5-21-1-2-3-*" }, account: "{sid}" }
  - { name: partner, trust: partners, match: { subject: { CN: "*" } }, account: "partner/{cn}" }`;

const place = makeFolder(t);
const folder = makeConfigurationFolder(place);
const partner = makeRoot({ name: 'Partner Root' });
const TRUST = `
  corporate: { anchors: [ca.pem], revocation: { mode: "off" } }
  partners: { anchors: [partner.pem], revocation: { mode: "off" } }`;
folder.write('partner.pem', partner.pem);
folder.write('portcullis.yaml', configurationText({ trust: TRUST, mappings: MAPPINGS }));
folder.write('bare.yaml', configurationText({ trust: TRUST }));

const upn = (value: string) => ({ san: [{ kind: 'upn' as const, value }] });
const alice = folder.root.client({
  cn: 'alice',
  serial: '0A1B2C',
  ...upn('alice@corp.example'),
  extensions: [sidExtension(SID)],
});
folder.write('alice.pem', alice.chainPem);
folder.write('renewed.pem', folder.root.client({ cn: 'alice', ...upn('alice@corp.example') }).chainPem);
folder.write('machine.pem', folder.root.client({ cn: 'machine', extensions: [sidExtension(SID)] }).chainPem);
folder.write('mallory.pem', folder.root.client({ cn: 'mallory', ...upn('mallory@corp.example') }).chainPem);
folder.write('minted.pem', partner.client({ cn: 'alice', ...upn('alice@corp.example') }).chainPem);
folder.write('stranger.pem', makeRoot({ name: 'Stranger Root' }).client(upn('alice@corp.example')).chainPem);
folder.write('odd.pem', folder.root.client({ cn: 'a\u001b[2Jb\u202ec' }).chainPem);

function mapTest(t: Test, name: string, ...args: string[]) {
  return runProcess(t, ['map', 'test', join(place, name), '-c', join(place, 'portcullis.yaml'), ...args]);
}

t.test('text for people', async (t) => {
  const { code, stdout, stderr } = await mapTest(t, 'alice.pem', '--trust', 'corporate');
  t.equal(stderr, '');
  t.equal(code, 0);
  const lines = stdout.split('\n');
  t.strictSame(lines.slice(0, 7), [
    'trust store corporate',
    '  path      CN=alice <- CN=Test Root',
    '  -         no-mallory: differs in subject',
    '  account   members: alice (weak)',
    '  -         by-sid: not reached',
    '  -         partner: not reached',
    '',
  ]);
  t.ok(lines.includes('  strong    X509:<I>CN=Test Root<SR>2c1b0a'));
  t.ok(lines.includes(`  strong    X509:<SKI>${alice.keyId}`));
  t.ok(lines.includes(`  strong    X509:<I>CN=Test Root<SID>${SID}`));
  t.ok(lines.includes('  weak      X509:<I>CN=Test Root<S>CN=alice'));
  t.ok(lines.includes('  upn       alice@corp.example'));
  t.ok(lines.includes(`  sid       ${SID}`));
});

t.test('who is mapped, and who is not', async (t) => {
  const accounts = async (name: string) => {
    const { code, stdout } = await mapTest(t, name, '--json');
    const { stores } = JSON.parse(stdout) as { stores: { trust: string; account?: string; code?: string }[] };
    return {
      code,
      accounts: Object.fromEntries(stores.map(({ trust, account, code: refused }) => [trust, account ?? refused])),
    };
  };
  const untrusted = 'certificate-untrusted';
  t.match(await accounts('alice.pem'), { code: 0, accounts: { corporate: 'alice', partners: untrusted } });
  t.match(await accounts('renewed.pem'), { code: 0, accounts: { corporate: 'alice', partners: untrusted } });
  t.match(await accounts('machine.pem'), { code: 0, accounts: { corporate: SID, partners: untrusted } });
  t.match(await accounts('minted.pem'), { code: 0, accounts: { corporate: untrusted, partners: 'partner/alice' } });
  t.match(await accounts('mallory.pem'), { code: 1, accounts: { corporate: undefined, partners: untrusted } });
  t.match(await accounts('stranger.pem'), { code: 1, accounts: { corporate: untrusted, partners: untrusted } });
});

t.test('denied, refused and unmapped ones are told apart', async (t) => {
  t.match((await mapTest(t, 'mallory.pem')).stdout, /^ {2}denied {4}no-mallory$/m);
  t.match((await mapTest(t, 'stranger.pem')).stdout, /^ {2}refused {3}certificate-untrusted: issuer: /m);
  const bare = await runProcess(t, ['map', 'test', join(place, 'alice.pem'), '-c', join(place, 'bare.yaml')]);
  t.match(bare, { code: 1, stdout: /^ {2}- {9}there are no mappings$/m });
});

t.test('a terminal does not obey what a certificate holds', async (t) => {
  const { stdout } = await mapTest(t, 'odd.pem');
  t.match(stdout, /CN=a\\u\{1b\}\[2Jb\\u\{202e\}c/);
  t.notMatch(stdout, /[^\n -~]/);
});

t.test('what is no such file or trust store is told in one line', async (t) => {
  t.match(await mapTest(t, 'nothing.pem'), { code: 1, stdout: '', stderr: /^portcullis: .*no such file.*\n$/ });
  t.match(await mapTest(t, 'server.key'), { code: 1, stdout: '', stderr: /^portcullis: .*server\.key.*\n$/ });
  t.match(await mapTest(t, 'alice.pem', '--trust', 'partner'), { code: 1, stderr: /did you mean "partners"\?/ });
});
