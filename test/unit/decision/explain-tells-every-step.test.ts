// What `explain` shows, and that it ends as the live decision does.

import t from 'tap';
import { type Explanation, explainRequest } from '../../../src/decision/explain.ts';
import { compilePolicy, type SiteSettings } from '../../../src/policy/compile.ts';
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

function explain(url: string, leaf?: TestCertificate): Promise<Explanation> {
  return explainRequest({
    policy,
    trust: new Map([['corporate', trust]]),
    decider: deciderOf(trust),
    validation: validationOptions.parse({}),
    certificates: leaf === undefined ? [] : [leaf, ...leaf.issuers.slice(0, -1)].map(({ der }) => der),
    url,
    now: NOW,
  });
}

const outline = ({ steps }: Explanation) => steps.map(({ step, outcome }) => `${step} ${outcome}`);

t.test('an allowed request, step by step', async (t) => {
  const explanation = await explain('https://APP.example/%61dmin?q=1', alice);
  t.match(explanation.decision, { allow: true, identity: { certificate: { fingerprint: alice.facts.fingerprint } } });
  const { steps } = explanation;
  t.match(steps.slice(0, 3), [
    { step: 'host', outcome: 'passed', note: 'app.example leads to the site app.example' },
    { step: 'path', outcome: 'passed', note: '/%61dmin is forwarded as /admin' },
    { step: 'rule', outcome: 'noted', note: 'app.example/admin: require, trust store corporate, upstream app' },
  ]);
  t.strictSame(new Set(steps.map(({ subject }) => subject)), new Set([undefined, 'CN=alice', 'CN=Issuing', 'CN=Root']));
  t.match(
    steps.filter(({ step }) => step === 'certificate-path' || step === 'revocation'),
    [
      { step: 'certificate-path', outcome: 'passed', note: 'CN=alice <- CN=Issuing <- CN=Root' },
      { step: 'revocation', outcome: 'passed', subject: 'CN=alice', note: 'good, crl' },
      { step: 'revocation', outcome: 'passed', subject: 'CN=Issuing', note: 'good, crl' },
    ],
  );
  t.strictSame(outline(explanation).slice(-2), ['gate-1 noted', 'decision passed']);
  t.notOk(steps.some(({ outcome }) => outcome === 'failed'));
});

t.test('refused requests say where it failed', async (t) => {
  for (const [leaf, code, failed] of [
    [undefined, 'certificate-required', ['decision']],
    [expired, 'certificate-expired', ['validity', 'certificate-path', 'decision']],
    [foreign, 'certificate-untrusted', ['issuer', 'certificate-path', 'decision']],
    [revoked, 'certificate-revoked', ['revocation', 'decision']],
    [mallory, 'certificate-not-allowed', ['decision']],
  ] as const) {
    const { steps, decision } = await explain('https://app.example/admin', leaf);
    t.match(decision, { allow: false, refusal: { code } });
    t.strictSame(
      steps.flatMap(({ step, outcome }) => (outcome === 'failed' ? [step] : [])),
      failed,
      code,
    );
    t.match(steps.at(-1)?.note, `app.example/admin: ${code}`);
  }
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
    t.equal(explanation.decision, undefined, 'there is no decision');
  }
});

t.test('the rule in force is named; an address without a path is the root', async (t) => {
  const rules = async (url: string) =>
    (await explain(url, alice)).steps.flatMap(({ step, note }) => (step === 'rule' ? [note?.split(':')[0]] : []));
  t.strictSame(await rules('https://app.example/ADMIN'), ['app.example/admin']);
  t.strictSame(await rules('https://app.example'), ['app.example/']);
  t.strictSame(outline(await explain('https://app.example/public', alice)).slice(-1), ['decision passed']);
});
