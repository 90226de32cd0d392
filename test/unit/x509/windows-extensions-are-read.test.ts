// SID and template of a Windows authority: every form they come in, and what cannot be read says nothing.

import t from 'tap';
import { sequence } from '../../../src/x509/der-writer.ts';
import { SID_URI_PREFIX, sidOf, templateOf, WINDOWS_EXTENSION } from '../../../src/x509/windows-extensions.ts';
import { makeRoot, type TestExtension } from '../../kit/pki.ts';
import { sidExtension, templateExtension, templateNameExtension } from '../../kit/windows-extensions.ts';

const root = makeRoot();
const SID = 'S-1-5-21-3623811015-3361044348-30300820-1104';
const OTHER = 'S-1-5-21-3623811015-3361044348-30300820-500';

const facts = (extensions: readonly TestExtension[], uris: readonly string[] = []) =>
  root.client({ extensions, ...(uris.length > 0 && { san: uris.map((value) => ({ kind: 'uri', value }) as const) }) })
    .facts;
const sid = (...parameters: Parameters<typeof facts>) => sidOf(facts(...parameters));

t.test('the SID of the extension', async (t) => {
  t.equal(sid([sidExtension(SID)]), SID);
  t.equal(sid([]), undefined);
  // Octet by octet as in [MS-WCCE] 2.2.2.7.7.4, for what our own writer makes could share a mistake with the reader.
  const value = Buffer.from(`303ea03c060a2b060104018237190201a02e042c${Buffer.from(SID).toString('hex')}`, 'hex');
  t.equal(sid([{ oid: '1.3.6.1.4.1.311.25.2', value }]), SID);
});

t.test('the SID of an alternative name', async (t) => {
  t.equal(sid([], [SID_URI_PREFIX + SID]), SID);
  t.equal(sid([], ['spiffe://corp/x', SID_URI_PREFIX + SID]), SID);
  t.equal(sid([], [SID_URI_PREFIX + SID, SID_URI_PREFIX + OTHER]), undefined, 'two are none');
  t.equal(sid([], [`${SID_URI_PREFIX}S-1-5-21-x`]), undefined);
  t.equal(sid([], [`tag:microsoft.com,2022-09-15:sid:${SID}`]), undefined);
});

t.test('a requester’s alternative name does not stand against the authority’s extension', async (t) => {
  t.equal(sid([sidExtension(SID)], [SID_URI_PREFIX + OTHER]), SID);
  const unreadable = { oid: WINDOWS_EXTENSION.security, value: sequence() };
  t.equal(sid([], [SID_URI_PREFIX + OTHER]), OTHER);
  t.equal(sid([unreadable], [SID_URI_PREFIX + OTHER]), undefined);
});

t.test('what is no SID says nothing', async (t) => {
  const broken: readonly TestExtension[] = [
    sidExtension('S-1-5-21-*'),
    sidExtension('s-1-5-21-1'),
    sidExtension(`${SID}\0`),
    sidExtension(`S-1-5${'-1'.repeat(16)}`),
    sidExtension(SID, '1.3.6.1.4.1.311.25.2.2'),
    { oid: WINDOWS_EXTENSION.security, value: Buffer.from('00', 'hex') },
    { oid: WINDOWS_EXTENSION.security, value: sequence(sidExtension(SID).value, sidExtension(SID).value) },
  ];
  for (const extension of broken) t.equal(sid([extension]), undefined);
});

t.test('the template', async (t) => {
  const template = '1.3.6.1.4.1.311.21.8.1234567.7654321.1.2';
  t.strictSame(templateOf(facts([templateNameExtension('User')])), { name: 'User', oid: undefined });
  t.strictSame(templateOf(facts([templateNameExtension('User', false)])), { name: 'User', oid: undefined });
  t.strictSame(templateOf(facts([templateExtension(template)])), { name: undefined, oid: template });
  t.strictSame(templateOf(facts([])), { name: undefined, oid: undefined });
  const broken = [
    { oid: WINDOWS_EXTENSION.templateName, value: sequence() },
    { oid: WINDOWS_EXTENSION.templateInformation, value: Buffer.from('3003020101', 'hex') },
  ];
  t.strictSame(templateOf(facts(broken)), { name: undefined, oid: undefined });
});
