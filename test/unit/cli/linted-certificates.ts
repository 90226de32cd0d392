// Which certificates are shown by the golden files of `pki lint` alone? Those that it has more to say of than `explain`.

import { makeRoot, type TestCertificate } from '../../kit/pki.ts';

const date = (text: string) => Date.parse(`${text}T00:00:00Z`);
const DATES = { notBefore: date('2022-01-01'), notAfter: date('2028-01-01') };

export interface Linted {
  readonly sent: readonly TestCertificate[];
  /** Without one: no `--anchor`. */
  readonly anchor: TestCertificate | undefined;
  readonly args?: readonly string[];
}

function makeAuthority(): TestCertificate {
  return makeRoot({ ...DATES, name: 'Root', serial: '01' });
}

function careless(): Linted {
  const root = makeRoot({ name: 'Root', serial: '01', notBefore: date('2010-01-01'), notAfter: date('2040-01-01') });
  const issuing = root.intermediate({ ...DATES, name: 'Issuing', serial: '02', keyUsage: null, authorityKeyId: null });
  const leaf = issuing.client({
    subject: [],
    serial: '1001',
    notBefore: date('2026-01-01'),
    notAfter: date('2026-06-10'),
    eku: null,
    keyUsage: null,
    authorityKeyId: null,
  });
  return { sent: [leaf, issuing, root, makeAuthority()], anchor: root };
}

function ofActiveDirectory(): Linted {
  const root = makeAuthority();
  const leaf = root.client({
    ...DATES,
    serial: '1001',
    san: [{ kind: 'upn', value: 'alice@corp.example' }],
    crlUris: ['ldap:///CN=Root,CN=CDP,DC=corp,DC=example?certificateRevocationList'],
  });
  return { sent: [leaf], anchor: root };
}

function refusedElsewhere(): Linted {
  const root = makeRoot({ ...DATES, name: 'Root', serial: '01', key: 'ed25519' });
  const leaf = root.client({ ...DATES, serial: '1001', eku: ['1.3.6.1.5.5.7.3.17'] });
  return { sent: [leaf], anchor: root, args: ['--eku', 'any'] };
}

function malformed(): Linted {
  const root = makeAuthority();
  return { sent: [root.client({ ...DATES, serial: '00' })], anchor: root };
}

function brokenBehind(): Linted {
  const root = makeAuthority();
  const issuing = root.intermediate({ ...DATES, name: 'Issuing', serial: 'FF' });
  return { sent: [issuing.client({ ...DATES, serial: '1001' }), issuing], anchor: root };
}

function alone(): Linted {
  const root = makeAuthority();
  const issuing = root.intermediate({ ...DATES, name: 'Issuing', serial: '02', ca: null, signatureHash: 'sha1' });
  const leaf = issuing.client({ ...DATES, serial: '1001', keyUsage: ['keyEncipherment'] });
  return { sent: [leaf, issuing, root], anchor: undefined };
}

/** By the name of its golden file. */
export const LINTED: Readonly<Record<string, () => Linted>> = {
  careless,
  'of-active-directory': ofActiveDirectory,
  'refused-elsewhere': refusedElsewhere,
  malformed,
  'malformed-behind': brokenBehind,
  alone,
};
