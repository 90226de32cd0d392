// Every reason that is about a certificate has its row of Windows names, and docs/explain.md shows every row.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { REASONS, type ReasonCode, reasonOf } from '../../../src/model/reasons.ts';
import { HRESULTS, listWindowsNames, windowsNameOf } from '../../../src/pki/windows-names.ts';
import { makeRoot } from '../../kit/pki.ts';

const manual = readFileSync(new URL('../../../docs/explain.md', import.meta.url), 'utf8');
const codes = Object.keys(REASONS) as ReasonCode[];

/** Those that a certificate causes: IIS has a sub-status for all of them, and for nothing else here. */
const certificateCodes = codes.filter((code) => reasonOf(code).substatus !== undefined);

t.test('every code has a row, and no other has', async (t) => {
  for (const code of codes) {
    t.equal(windowsNameOf({ code }) !== undefined, certificateCodes.includes(code), code);
  }
  t.strictSame(new Set(listWindowsNames().map(({ code }) => code)), new Set(certificateCodes));
});

t.test('one code has as many names as its checks', async (t) => {
  const root = makeRoot();
  const names = (
    [
      [{ code: 'certificate-invalid', check: 'signature' }, 'TRUST_E_CERT_SIGNATURE'],
      [{ code: 'certificate-invalid', check: 'algorithm' }, 'CERTSRV_E_WEAK_SIGNATURE_OR_KEY'],
      [{ code: 'certificate-invalid', check: 'name-constraints' }, 'CERT_E_INVALID_NAME'],
      [{ code: 'certificate-invalid', check: 'critical-extensions' }, 'CERT_E_CRITICAL'],
      [{ code: 'certificate-invalid', check: 'version' }, undefined],
      [{ code: 'certificate-usage', check: 'extended-key-usage' }, 'CERT_E_WRONG_USAGE'],
    ] as const
  ).map(([refusal, expected]) => [windowsNameOf(refusal)?.hresult, expected]);
  for (const [found, expected] of names) t.equal(found, expected);
  const untrusted = { code: 'certificate-untrusted', check: 'issuer' } as const;
  t.match(windowsNameOf(untrusted, root.client().facts), { hresult: 'CERT_E_CHAINING', chainStatus: ['PartialChain'] });
  t.match(windowsNameOf(untrusted, root.facts), { hresult: 'CERT_E_UNTRUSTEDROOT', chainStatus: ['UntrustedRoot'] });
  t.match(windowsNameOf(untrusted), { hresult: 'CERT_E_CHAINING' });
});

t.test('the manual shows every row', async (t) => {
  const rows = listWindowsNames().map(({ code, where, hresult, chainStatus, doubt }) => {
    const { substatus } = reasonOf(code);
    const value = hresult === undefined ? undefined : HRESULTS[hresult];
    const name = value === undefined ? '' : `${hresult} ${value} (${Number(value)})`;
    const reason = where === undefined ? `\`${code}\`` : `\`${code}\`, ${where}`;
    return `| ${[reason, substatus, name, chainStatus.join(', '), doubt ?? ''].join(' | ')} |`.replaceAll(
      '|  |',
      '| |',
    );
  });
  const table = /\n\| reason .*\n\|[-| ]+\|\n((?:\|.*\n)+)/.exec(manual)?.[1]?.trimEnd().split('\n');
  t.strictSame(
    table,
    rows.map((row) => row.replaceAll(/ +\|/g, ' |')),
  );
});
