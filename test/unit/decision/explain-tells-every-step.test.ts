// What `explain` shows, and that it ends as the live decision does.

import t from 'tap';
import { type Explanation, explainRequest } from '../../../src/decision/explain.ts';
import { createStandings, type Standings } from '../../../src/decision/standing.ts';
import type { CertificateFacts } from '../../../src/model/certificate.ts';
import { compilePolicy, type Policy, type SiteSettings } from '../../../src/policy/compile.ts';
import { validationOptions } from '../../../src/validation/options.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { deciderOf, NOW, trustOf } from './parts.ts';

const root = makeRoot({ name: 'Root' });
const issuing = root.intermediate({ name: 'Issuing' });
const alice = issuing.client({ cn: 'alice' });
const mallory = issuing.client({ cn: 'mallory' });
const revoked = issuing.client({ cn: 'revoked' });
const expired = issuing.client({ cn: 'expired', notAfter: NOW - 60_000 });
const foreign = makeRoot({ name: 'Foreign' }).client({ cn: 'foreign' });

const SITE: SiteSettings = {
  hosts: ['app.example'],
  caseSensitive: false,
  sendIssuerList: true,
  origins: [],
  urlPath: { semicolon: 'refuse', encodedSlash: 'refuse', duplicateSlash: 'refuse' },
  clientCertificate: 'accept',
  trust: 'corporate',
  upstream: 'app',
  paths: {
    '/admin': { clientCertificate: 'require', deny: [{ subject: { CN: 'mallory' } }] },
    '/public': { clientCertificate: 'ignore' },
  },
};

const trust = trustOf([root], { mode: 'hard', crls: [root.crl(), issuing.crl({ revoked: [revoked] })] });
const { policy } = compilePolicy([SITE], () => []);

function explain(
  url: string,
  leaf?: TestCertificate,
  by: Policy = policy,
  standings: Standings = createStandings({ directory: undefined, mapAccount: undefined }),
): Promise<Explanation> {
  return explainRequest({
    policy: by,
    trust: new Map([['corporate', trust]]),
    decider: deciderOf(trust, { standings }),
    validation: validationOptions.parse({}),
    certificates: leaf === undefined ? [] : [leaf, ...leaf.issuers.slice(0, -1)].map(({ der }) => der),
    url,
    now: NOW,
  });
}

const outline = ({ request, conclusion }: Explanation) =>
  [...request, ...conclusion].map(({ step, outcome }) => `${step} ${outcome}`);

/** Common name and check of all that failed under the trust stores. */
function failures({ trust }: Explanation): string[] {
  return trust.flatMap(({ certificates }) =>
    certificates.flatMap(({ certificate, steps, revocation }) => {
      const failed = steps.flatMap(({ check, passed }) => (passed ? [] : [check]));
      const all = revocation?.outcome === 'failed' ? [...failed, 'revocation'] : failed;
      return all.map((check) => `${nameOf(certificate)} ${check}`);
    }),
  );
}

function nameOf({ subject }: CertificateFacts): string | undefined {
  return subject.rdns.at(-1)?.[0]?.value;
}

t.test('an allowed request, step by step', async (t) => {
  const explanation = await explain('https://APP.example/%61dmin?q=1', alice);
  t.match(explanation.decision, { allow: true, identity: { certificate: { fingerprint: alice.facts.fingerprint } } });
  t.match(explanation.request, [
    { step: 'host', outcome: 'passed', note: 'app.example leads to the site app.example' },
    { step: 'path', outcome: 'passed', note: '/%61dmin is forwarded as /admin' },
    { step: 'rule', outcome: 'noted', note: 'app.example/admin: require, trust store corporate, upstream app' },
  ]);
  t.match(explanation.trust, [{ name: 'corporate', refusal: undefined }]);
  const certificates = explanation.trust.flatMap((each) => each.certificates);
  t.match(
    certificates.map(({ certificate, role, revocation }) => [nameOf(certificate), role, revocation?.answer.status]),
    [
      ['alice', 'leaf', 'good'],
      ['Issuing', 'intermediate', 'good'],
      ['Root', 'anchor', undefined],
    ],
  );
  t.match(certificates[0]?.revocation, { outcome: 'passed', answer: { source: 'crl', producedAt: Number } });
  t.ok(certificates.every(({ steps }) => steps.length > 7 && steps.every(({ passed }) => passed)));
  t.strictSame(explanation.conclusion, [{ step: 'decision', outcome: 'passed', note: 'app.example/admin: allowed' }]);
  t.equal(explanation.refusal, undefined);
});

t.test('refused requests say where it failed', async (t) => {
  for (const [leaf, code, failed] of [
    [undefined, 'certificate-required', []],
    [expired, 'certificate-expired', ['expired validity']],
    [foreign, 'certificate-untrusted', ['foreign issuer']],
    [revoked, 'certificate-revoked', ['revoked revocation']],
    [mallory, 'certificate-not-allowed', []],
  ] as const) {
    const explanation = await explain('https://app.example/admin', leaf);
    t.match(explanation.decision, { allow: false, refusal: { code } });
    t.equal(explanation.refusal?.code, code);
    t.strictSame(failures(explanation), failed, code);
    t.match(explanation.conclusion.at(-1), { step: 'decision', outcome: 'failed' });
    t.match(explanation.conclusion.at(-1)?.note, `app.example/admin: ${code}`);
  }
});

t.test('the account that was found, and where', async (t) => {
  const standings = createStandings({
    directory: undefined,
    mapAccount: () => ({ kind: 'account', account: 'alice@corp', strength: 'strong', mapping: 'mappings[0]' }),
  });
  const { conclusion } = await explain('https://app.example/admin', alice, policy, standings);
  t.strictSame(conclusion[0], { step: 'account', outcome: 'noted', note: 'alice@corp (mapping)' });
});

t.test('a certificate that cannot be read', async (t) => {
  const broken = issuing.client({ cn: 'broken', serial: '00' });
  const { refusal, trust } = await explain('https://app.example/admin', broken);
  t.match(refusal, { code: 'certificate-invalid', check: 'encoding', note: /serialNumber/ });
  t.match(trust, [{ refusal: { check: 'encoding' }, certificates: [] }]);
});

t.test('what report-only settings would do is told, and changes nothing', async (t) => {
  const reporting: SiteSettings = {
    ...SITE,
    clientCertificate: 'ignore',
    reportOnly: { clientCertificate: 'require', trust: 'corporate' },
  };
  const { policy: reportingPolicy } = compilePolicy([reporting], () => []);
  const asked = await explain('https://app.example/', expired, reportingPolicy);
  t.equal(asked.refusal, undefined);
  t.strictSame(failures(asked), ['expired validity'], 'the trust store that only it reads with is explained');
  t.match(asked.conclusion, [
    { step: 'report-only', outcome: 'noted', note: /would be refused: certificate-expired/ },
    { step: 'decision', outcome: 'passed', note: /allowed, without an identity/ },
  ]);
});

t.test('requests that have no rule end before the certificate', async (t) => {
  for (const [url, steps] of [
    ['https://other.example/', ['host failed']],
    ['https://us er/', ['host failed']],
    ['http://app.example/', ['host failed']],
    ['app.example/', ['host failed']],
    ['https://app.example/a/../admin', ['host passed', 'path failed']],
    ['https://app.example//admin', ['host passed', 'path failed']],
  ] as const) {
    const explanation = await explain(url, alice);
    t.strictSame(outline(explanation), steps, url);
    t.strictSame(explanation.trust, []);
    t.equal(explanation.decision, undefined, 'there is no decision');
  }
});

t.test('the rule in force is named; an address without a path is the root', async (t) => {
  const rules = async (url: string) =>
    (await explain(url, alice)).request.flatMap(({ step, note }) => (step === 'rule' ? [note.split(':')[0]] : []));
  t.strictSame(await rules('https://app.example/ADMIN'), ['app.example/admin']);
  t.strictSame(await rules('https://app.example'), ['app.example/']);
  t.strictSame(outline(await explain('https://app.example/public', alice)).slice(-1), ['decision passed']);
});
