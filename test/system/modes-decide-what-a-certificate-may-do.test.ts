// Every mode against every kind of certificate, over HTTP and TLS 1.2 and 1.3: answer, what the upstream saw, log line.

import t, { type Test } from 'tap';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { type Answer, checkRefusal, send } from '../kit/client.ts';
import { DEFECTS, REVOKED_SERIAL, SPOOFED, soundClient, writeUnverified } from '../kit/clients.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from '../kit/identity.ts';
import { makeKey, type TestCertificate } from '../kit/pki.ts';
import { startUpstream } from '../kit/upstream.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

const upstream = await startUpstream(t);
const pki = makePki();
const gateway = await startTestGateway(t, {
  pki,
  upstreamPort: upstream.port,
  revocation: '{ mode: hard, crl: [ca.crl] }',
  crl: { revoked: [REVOKED_SERIAL] },
  yaml: `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
      /accept: { clientCertificate: accept }
      /ignore: { clientCertificate: ignore }
      /unverified: { clientCertificate: forward-unverified }
`,
});

interface Asked {
  readonly path: string;
  readonly version: (typeof VERSIONS)[number];
  readonly certificate?: TestCertificate | undefined;
}

function ask(t: Test, asked: Asked): Promise<Answer> {
  return send(t, { port: gateway.port, headers: SPOOFED, ...asked });
}

/** It reached the upstream with exactly these identity headers. */
async function checkAllowed(t: Test, asked: Asked, identity: readonly string[]): Promise<void> {
  const before = upstream.received.length;
  const answer = await ask(t, asked);
  t.equal(answer.status, 200);
  t.equal(upstream.received.length, before + 1);
  const received = upstream.received.at(-1);
  t.strictSame(received && identityHeadersOf(received), identity, 'the upstream saw exactly ours');
  checkLine(t, asked, { status: 200, decision: 'allow' });
}

/** Nothing of it reached the upstream. */
async function checkDenied(t: Test, asked: Asked, code: ReasonCode, check?: string): Promise<void> {
  const before = upstream.bytes();
  const answer = await ask(t, asked);
  checkRefusal(t, answer, code);
  t.equal(upstream.bytes(), before, 'the upstream got nothing of it');
  checkLine(t, asked, { status: 403, decision: 'deny', code, ...(check && { check }) });
}

function checkLine(t: Test, { path, version, certificate }: Asked, fields: Readonly<Record<string, unknown>>): void {
  const line = gateway.requests().at(-1);
  t.match(line, { rule: `localhost${path}`, path, host: 'localhost', method: 'GET', tls: version, resumed: false });
  t.match(line, fields);
  if (fields.decision === 'allow') t.notOk(line?.code);
  if (certificate === undefined || path === '/ignore') {
    t.strictSame([line?.subject, line?.serial, line?.verdictFrom], [undefined, undefined, undefined]);
  } else {
    t.match(line?.verdictFrom, /^(computed|memory)$/);
    // What cannot be read is not shown.
    if (line?.check !== 'encoding' && fields.code !== undefined) t.equal(line?.subject, 'CN=alice');
  }
}

for (const version of VERSIONS) {
  t.test(`no certificate, ${version}`, async (t) => {
    await checkDenied(t, { path: '/', version }, 'certificate-required');
    for (const path of ['/accept', '/ignore', '/unverified']) await checkAllowed(t, { path, version }, NOBODY);
  });

  t.test(`a good certificate, ${version}`, async (t) => {
    const certificate = soundClient(pki, makeKey('ec'));
    for (const path of ['/', '/accept', '/unverified']) {
      await checkAllowed(t, { path, version, certificate }, writeIdentity(certificate, 'CN=alice'));
    }
    const { serial, fingerprint } = certificate.facts;
    t.match(gateway.requests().at(-1), { subject: 'CN=alice', issuer: 'CN=Test Issuing', serial, fingerprint });
    t.match(gateway.requests().at(-1), { revocation: { status: 'good', source: 'crl', ageSeconds: Number } });
    await checkAllowed(t, { path: '/ignore', version, certificate }, NOBODY);
  });

  for (const { name, code, check, make } of DEFECTS) {
    t.test(`a certificate ${name}, ${version}`, async (t) => {
      const key = makeKey('ec');
      const [sound, certificate] = [soundClient(pki, key), make(pki, key)];
      for (const path of ['/', '/accept']) {
        await checkAllowed(t, { path, version, certificate: sound }, writeIdentity(sound, 'CN=alice'));
        await checkDenied(t, { path, version, certificate }, code, check);
      }
      await checkAllowed(t, { path: '/unverified', version, certificate }, writeUnverified(certificate, code));
      await checkAllowed(t, { path: '/ignore', version, certificate }, NOBODY);
    });
  }
}
