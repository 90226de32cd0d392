// A client that keeps its TLS sessions and offers them again, from any address and to any host.

import { once } from 'node:events';
import { type ConnectionOptions, connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import type { TestCertificate } from './pki.ts';
import { readAnswers, type WireAnswer } from './wire.ts';

export interface VisitOptions {
  readonly port: number;
  readonly version: SecureVersion;
  /** SNI; localhost when left out, none when empty. */
  readonly serverName?: string;
  /** The Host header, where it is not the server name. */
  readonly host?: string;
  readonly path?: string;
  readonly certificate?: Pick<TestCertificate, 'chainPem' | 'keyPem'> | undefined;
  readonly session?: Buffer | undefined;
  /** The last number of its address, 127.0.0.n. */
  readonly from?: number;
}

export interface Visited {
  readonly answer: WireAnswer;
  readonly status: number;
  /** Of a refusal; empty otherwise. */
  readonly code: string;
  /** As the client sees it. */
  readonly resumed: boolean;
  /** The answer says that the connection is closed behind it. */
  readonly closed: boolean;
  /** The latest that the server gave; the one offered where it gave none. */
  readonly session: Buffer;
  readonly socket: TLSSocket;
}

const ENVELOPE = '\0nodejs:tls:session:1\0';

/** One request on a connection of its own. */
export async function visit(t: Test, options: VisitOptions): Promise<Visited> {
  const { port, version, serverName = 'localhost', host = serverName, path = '/', certificate, from = 1 } = options;
  const offered = options.session;
  const to: ConnectionOptions & { localAddress: string } = {
    port,
    host: '127.0.0.1',
    localAddress: `127.0.0.${from}`,
    servername: serverName,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    ...(certificate && { cert: certificate.chainPem, key: certificate.keyPem }),
    ...(offered && { session: offered }),
  };
  const socket = connect(to);
  t.teardown(() => socket.destroy());
  let given: Buffer | undefined;
  socket.on('session', (latest: Buffer) => {
    given = unbound(latest);
  });
  const answers = readAnswers(t, socket);
  await once(socket, 'secureConnect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const answer = await answers.next();
  const session = given ?? offered;
  if (session === undefined) throw new Error('the server gave no session');
  return {
    answer,
    status: answer.status,
    code: answer.status === 200 ? '' : JSON.parse(answer.body).code,
    resumed: socket.isSessionReused(),
    closed: answer.headers.get('connection')?.[0] === 'close',
    session,
    socket,
  };
}

/**
 * Node's client writes before a session whose it is, and offers it to nobody else; one that attacks does as it likes. The session
 * itself, in DER, is offered to anybody.
 */
function unbound(session: Buffer): Buffer {
  if (!session.toString('latin1').startsWith(ENVELOPE)) return session;
  const nameAt = ENVELOPE.length + 2;
  return session.subarray(nameAt + session.readUInt16BE(ENVELOPE.length));
}
