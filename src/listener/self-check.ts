// Does this runtime show what we build on? Node versions have broken each of these (design rule 13): the presented chain
// (24.21.0), the server name, the refusal of renegotiation. One real handshake tells for TLS 1.2 and 1.3.

import { once } from 'node:events';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Evidence } from '../model/evidence.ts';
import { silentLog } from '../model/log.ts';
import { chainPem, createIntermediateAuthority, createRootAuthority, privateKeyPem } from '../pki/authority.ts';
import { issueClientCertificate, issueServerCertificate } from '../pki/issue.ts';
import { encodePem } from '../x509/pem.ts';
import { createConnectionCount } from './connection-count.ts';
import { createListener } from './listener.ts';
import { createSecureContexts } from './secure-contexts.ts';

const HOST = 'self-check.invalid';
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const TIMEOUT_MS = 10_000;

/** What is wrong with the runtime, as sentences; empty when all is as expected. */
export async function checkRuntime(now: number): Promise<readonly string[]> {
  const pki = makePki(now);
  let deliver: (evidence: Evidence) => void = () => {};
  const listener = await createListener({
    host: '127.0.0.1',
    port: 0,
    minVersion: 'TLSv1.2',
    http2: false,
    contexts: createSecureContexts([pki.identity], [pki.gate]),
    count: createConnectionCount({ connections: 10, connectionsPerAddress: 10 }),
    handshakeTimeoutMs: TIMEOUT_MS,
    accept: (_, evidence) => deliver(evidence),
    log: silentLog,
    metrics: { handshake() {}, connections() {}, connectionRefused() {} },
  });
  const problems: string[] = [];
  try {
    for (const version of VERSIONS) {
      const { promise, resolve } = Promise.withResolvers<Evidence>();
      deliver = resolve;
      const client = connect({
        host: '127.0.0.1',
        port: listener.address.port,
        servername: HOST.toUpperCase(),
        ca: pki.rootPem,
        checkServerIdentity: () => undefined,
        minVersion: version,
        maxVersion: version,
        cert: chainPem(pki.client),
        key: privateKeyPem(pki.client),
        timeout: TIMEOUT_MS,
      });
      client.on('timeout', () => client.destroy(new Error('timed out')));
      const failure = once(client, 'error').then(([error]) => error as Error);
      const both = Promise.all([promise, once(client, 'secureConnect')]).then(([evidence]) => evidence);
      const outcome = await Promise.race([both, failure]);
      if (outcome instanceof Error) problems.push(`${version}: no handshake: ${outcome.message}`);
      else problems.push(...judgeEvidence(outcome, version, pki.presented));
      if (version === 'TLSv1.2' && !(await refusesRenegotiation(client))) {
        problems.push('TLSv1.2: renegotiation was not refused');
      }
      client.destroy();
    }
  } finally {
    listener.stop();
  }
  return problems;
}

function judgeEvidence(evidence: Evidence, version: string, presented: readonly Uint8Array[]): string[] {
  const problems: string[] = [];
  const seen = [evidence.leaf, ...evidence.presented];
  const complete = seen.length === presented.length && presented.every((der, index) => sameBytes(der, seen[index]));
  if (!complete) problems.push(`${version}: of ${presented.length} presented certificates ${seen.length} are seen`);
  if (evidence.handshakeError !== undefined) problems.push(`${version}: a good chain gives ${evidence.handshakeError}`);
  if (evidence.serverName !== HOST) problems.push(`${version}: the server name is not seen`);
  if (evidence.tlsVersion !== version) problems.push(`${version}: the version seen is "${evidence.tlsVersion}"`);
  if (evidence.resumed) problems.push(`${version}: a first handshake is said to be resumed`);
  return problems;
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.from(a).equals(b);
}

async function refusesRenegotiation(client: TLSSocket): Promise<boolean> {
  const refused = once(client, 'error').then(() => true);
  const done = new Promise<boolean>((resolve) => {
    client.renegotiate({}, (error) => resolve(error !== null));
  });
  return Promise.race([refused, done]);
}

function makePki(now: number) {
  const named = (value: string) => [{ type: 'CN', value }];
  const root = createRootAuthority({ subject: named('self-check root'), now, days: 1 });
  const issuing = createIntermediateAuthority(root, { subject: named('self-check issuing'), now, days: 1 });
  const alternativeNames = [{ kind: 'dns', value: HOST }] as const;
  const server = issueServerCertificate(root, { subject: named(HOST), alternativeNames, now, days: 1 });
  const client = issueClientCertificate(issuing, { subject: named('client'), alternativeNames: [], now, days: 1 });
  const rootPem = encodePem('CERTIFICATE', root.certificate.der);
  return {
    rootPem,
    client,
    presented: client.chain.map(({ der }) => der),
    identity: { hosts: [HOST], isDefault: true, certPem: chainPem(server), keyPem: privateKeyPem(server) },
    gate: {
      hosts: [HOST],
      authoritiesPem: [rootPem],
      sendIssuerList: true,
      allowPartialChain: false,
      asksForCertificate: true,
    },
  };
}
