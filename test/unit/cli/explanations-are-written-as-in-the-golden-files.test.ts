// Every certificate against its text in test/golden/explain. UPDATE_GOLDEN=1 writes them anew, to be read in the diff.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { explanationToText } from '../../../src/cli/explanation-text.ts';
import { type Explanation, explainRequest } from '../../../src/decision/explain.ts';
import { explanationToJson } from '../../../src/decision/explanation-json.ts';
import { compilePolicy, type SiteSettings } from '../../../src/policy/compile.ts';
import { validationOptions } from '../../../src/validation/options.ts';
import { deciderOf, trustOf } from '../decision/parts.ts';
import { AT, JUDGED, type Judged } from './judged-certificates.ts';

const golden = fileURLToPath(new URL('../../golden/explain/', import.meta.url));

const SITE: SiteSettings = {
  hosts: ['app.example'],
  caseSensitive: false,
  sendIssuerList: true,
  origins: [],
  urlPath: { semicolon: 'refuse', encodedSlash: 'refuse', duplicateSlash: 'refuse' },
  clientCertificate: 'require',
  trust: 'corporate',
  upstream: 'app',
  paths: {},
};

const { policy } = compilePolicy([SITE], () => []);

/** What each of them comes to, and how many checks have failed: all that are wrong, and not the first. */
const EXPECTED: Readonly<Record<string, readonly [string | undefined, readonly string[]]>> = {
  sound: [undefined, []],
  expired: ['certificate-expired', ['validity']],
  'not-yet-valid': ['certificate-not-yet-valid', ['validity']],
  'for-servers-only': ['certificate-usage', ['extended-key-usage']],
  'no-digital-signature': ['certificate-usage', ['key-usage']],
  'of-a-foreign-root': ['certificate-untrusted', ['issuer']],
  'without-its-intermediate': ['certificate-untrusted', ['issuer']],
  'signed-by-somebody-else': ['certificate-invalid', ['signature']],
  'rsa-1024': ['certificate-invalid', ['public-key']],
  'sha-1': ['certificate-invalid', ['algorithm']],
  'unknown-critical-extension': ['certificate-invalid', ['critical-extensions']],
  'name-not-permitted': ['certificate-invalid', ['name-constraints']],
  'path-too-long': ['certificate-invalid', ['path-length']],
  'issuer-is-no-authority': ['certificate-invalid', ['basic-constraints', 'key-usage']],
  revoked: ['certificate-revoked', ['revocation']],
  'revocation-unknown': ['revocation-unknown', ['revocation']],
  'many-defects': [
    'certificate-invalid',
    ['critical-extensions', 'validity', 'key-usage', 'extended-key-usage', 'signature', 'key-usage', 'validity'],
  ],
};

function explain({ sent, anchors, crls }: Judged): Promise<Explanation> {
  const trust = trustOf(anchors, { mode: 'hard', crls });
  return explainRequest({
    policy,
    trust: new Map([['corporate', trust]]),
    decider: deciderOf(trust),
    validation: validationOptions.parse({}),
    certificates: sent.map(({ der }) => der),
    url: 'https://app.example/orders?a=1',
    now: AT,
  });
}

function failedChecks({ trust }: Explanation): string[] {
  return trust.flatMap(({ certificates }) =>
    certificates.flatMap(({ steps, revocation }) => [
      ...steps.flatMap(({ check, passed }) => (passed ? [] : [check])),
      ...(revocation?.outcome === 'failed' ? ['revocation'] : []),
    ]),
  );
}

for (const [name, make] of Object.entries(JUDGED)) {
  t.test(name, async (t) => {
    const explanation = await explain(make());
    const [code, checks] = EXPECTED[name] ?? [];
    t.equal(explanation.refusal?.code, code);
    t.strictSame(failedChecks(explanation), checks);

    const text = explanationToText(explanation);
    const expected = `${golden}${name}.txt`;
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(expected, text);
    t.equal(text, readFileSync(expected, 'utf8'));
  });
}

t.test('there is a file for each, and no other', async (t) => {
  const files = readdirSync(golden).map((file) => basename(file, '.txt'));
  t.strictSame(files.sort(), Object.keys(JUDGED).sort());
  t.strictSame(Object.keys(EXPECTED).sort(), Object.keys(JUDGED).sort());
});

t.test('for programs', async (t) => {
  const explanation = await explain((JUDGED.revoked as () => Judged)());
  const json = JSON.parse(JSON.stringify(explanationToJson(explanation))) as object;
  const windows = { hresult: { name: 'CRYPT_E_REVOKED', value: '0x80092010' }, chainStatus: ['Revoked'] };
  const refusal = { code: 'certificate-revoked', check: 'revocation', httpStatus: 403, substatus: '403.13', windows };
  t.match(json, {
    at: '2026-06-01T12:00:00Z',
    allowed: false,
    ...refusal,
    trust: [{ store: 'corporate', revocation: { mode: 'hard', depth: 'chain' }, valid: false, ...refusal }],
  });
  const [{ path }] = (json as { trust: [{ path: readonly object[] }] }).trust;
  t.match(path, [
    {
      role: 'leaf',
      subject: 'CN=alice',
      serial: '1001',
      checks: [{ check: 'version', outcome: 'passed' }],
      revocation: {
        outcome: 'failed',
        status: 'revoked',
        source: 'crl',
        producedAt: '2026-06-01T09:00:00Z',
        nextUpdate: '2026-06-01T16:00:00Z',
        revokedAt: '2026-05-20T08:30:00Z',
        ...refusal,
      },
    },
    { role: 'intermediate', revocation: { outcome: 'passed', status: 'good' } },
    { role: 'anchor', subject: 'CN=Root' },
  ]);
});
