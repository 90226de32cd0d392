// Does this runtime show what we build on? Node versions have broken each of these (design rule 13): the presented chain
// (24.21.0), the server name, the refusal of renegotiation, what a resumed session is. Real handshakes of TLS 1.2 and 1.3 tell.

import { once } from 'node:events';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { createGuests } from '../limits/guests.ts';
import { perAddressOptions, perCertificateOptions } from '../limits/options.ts';
import type { Evidence } from '../model/evidence.ts';
import { silentLog } from '../model/log.ts';
import { type Credential, chainPem, privateKeyPem } from '../pki/authority.ts';
import { createListener, type Listener } from './listener.ts';
import { HOST, makePki, type Pki } from './self-check-pki.ts';
import { createTickets } from './tickets.ts';

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const TIMEOUT_MS = 10_000;

/** One connection, while it is open. */
interface Visit {
  readonly client: TLSSocket;
  readonly evidence: Evidence;
  /** What the client was given to resume with. */
  readonly session: Buffer | undefined;
}

/** Rejects when there is no handshake. */
type Visiting = (version: SecureVersion, as: Credential, session?: Buffer) => Promise<Visit>;

/** What is wrong with the runtime, as sentences; empty when all is as expected. */
export async function checkRuntime(now: number): Promise<readonly string[]> {
  const pki = makePki(now);
  let deliver: (evidence: Evidence) => void = () => {};
  const listener = await createListener({
    host: '127.0.0.1',
    port: 0,
    minVersion: 'TLSv1.2',
    http2: false,
    contexts: pki.contexts,
    guests: createGuests({
      limits: {
        connections: 10,
        perAddress: perAddressOptions.parse({}),
        perCertificate: perCertificateOptions.parse({}),
      },
      isProxy: () => false,
      load: { isOver: false },
    }),
    tickets: createTickets({ enabled: true, lifetimeMs: 60_000, rotationMs: 60_000, secret: undefined }),
    fullHandshakes: { demand() {}, isDemanded: () => false },
    handshakeTimeoutMs: TIMEOUT_MS,
    accept(socket, evidence) {
      // A client that has read it has all the tickets that there are.
      socket.write('.');
      deliver(evidence);
    },
    clock: () => now,
    log: silentLog,
    metrics: { handshake() {}, connections() {}, connectionRefused() {} },
  });
  const clients: TLSSocket[] = [];
  const visit: Visiting = async (version, as, session) => {
    const { promise, resolve } = Promise.withResolvers<Evidence>();
    deliver = resolve;
    const client = connectAs(as, { port: listener.address.port, version, session, rootPem: pki.rootPem });
    clients.push(client);
    let given: Buffer | undefined;
    client.on('session', (latest: Buffer) => {
      given = latest;
    });
    // Rejects with the error of the client, and a time limit is one.
    await once(client, 'data');
    return { client, evidence: await promise, session: given };
  };
  const problems: string[] = [];
  try {
    for (const version of VERSIONS) {
      const found = await checkVersion(version, visit, listener, pki).catch((error: Error) => [
        `no handshake: ${error.message}`,
      ]);
      problems.push(...found.map((problem) => `${version}: ${problem}`));
    }
  } finally {
    for (const client of clients) client.destroy();
    listener.stop();
  }
  return problems;
}

function connectAs(
  as: Credential,
  to: { port: number; version: SecureVersion; session: Buffer | undefined; rootPem: string },
): TLSSocket {
  const { port, version, session, rootPem } = to;
  const client = connect({
    host: '127.0.0.1',
    port,
    servername: HOST.toUpperCase(),
    ca: rootPem,
    checkServerIdentity: () => undefined,
    minVersion: version,
    maxVersion: version,
    cert: chainPem(as),
    key: privateKeyPem(as),
    ...(session && { session }),
    timeout: TIMEOUT_MS,
  });
  client.on('timeout', () => client.destroy(new Error('timed out')));
  // What comes behind the first byte is no matter.
  client.on('error', () => {});
  return client;
}

async function checkVersion(version: SecureVersion, visit: Visiting, listener: Listener, pki: Pki): Promise<string[]> {
  const first = await visit(version, pki.client);
  const problems = judgeFirst(first.evidence, version, pki.presented);
  const resumed = await visit(version, pki.client, first.session);
  problems.push(...judgeResumed(resumed, version, pki.presented[0]));

  const stranger = await visit(version, pki.stranger);
  const again = await visit(version, pki.stranger, stranger.session);
  const { handshakeError } = stranger.evidence;
  if (handshakeError === undefined) problems.push('a foreign certificate gives no error');
  if (!again.evidence.resumed || again.evidence.handshakeError !== handshakeError) {
    problems.push(`a foreign certificate gives ${handshakeError}, and ${again.evidence.handshakeError} when resumed`);
  }

  listener.replace(pki.otherContexts);
  const late = await visit(version, pki.client, first.session);
  listener.replace(pki.contexts);
  if (late.evidence.resumed) problems.push('a session is resumed though the authorities have changed');

  if (version === 'TLSv1.2' && !(await refusesRenegotiation(first.client))) {
    problems.push('renegotiation was not refused');
  }
  return problems;
}

function judgeFirst(evidence: Evidence, version: string, presented: readonly Uint8Array[]): string[] {
  const problems: string[] = [];
  const seen = [evidence.leaf, ...evidence.presented];
  const complete = seen.length === presented.length && presented.every((der, index) => isSame(der, seen[index]));
  if (!complete) problems.push(`of ${presented.length} presented certificates ${seen.length} are seen`);
  if (evidence.handshakeError !== undefined) problems.push(`a good chain gives ${evidence.handshakeError}`);
  if (evidence.serverName !== HOST) problems.push('the server name is not seen');
  if (evidence.tlsVersion !== version) problems.push(`the version seen is "${evidence.tlsVersion}"`);
  if (evidence.resumed) problems.push('a first handshake is said to be resumed');
  return problems;
}

function judgeResumed({ evidence, session }: Visit, version: string, leaf: Uint8Array | undefined): string[] {
  const problems: string[] = [];
  if (!evidence.resumed) return ['a session is not resumed, or is not said to be'];
  if (!isSame(evidence.leaf, leaf)) problems.push('the certificate of a resumed session is not seen');
  if (evidence.handshakeError !== undefined) problems.push(`a resumed session gives ${evidence.handshakeError}`);
  if (evidence.serverName !== HOST) problems.push('the server name of a resumed session is not seen');
  if (evidence.tlsVersion !== version)
    problems.push(`the version seen of a resumed session is "${evidence.tlsVersion}"`);
  // Or it could be prolonged for ever without its key.
  if (session !== undefined) problems.push('a resumed session is given another ticket');
  return problems;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.from(a).equals(b);
}

async function refusesRenegotiation(client: TLSSocket): Promise<boolean> {
  const refused = once(client, 'error').then(() => true);
  const done = new Promise<boolean>((resolve) => {
    client.renegotiate({}, (error) => resolve(error !== null));
  });
  return Promise.race([refused, done]);
}
