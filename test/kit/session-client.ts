// A client that keeps its TLS sessions and offers them again, from any address and to any host.

import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { askStream } from './http2.ts';
import type { TestCertificate } from './pki.ts';
import { readAnswers } from './wire.ts';

/** By which version of TLS, and which of HTTP; HTTP/1.1 when left out. */
export interface Way {
  readonly version: SecureVersion;
  readonly protocol?: 'http/1.1' | 'h2';
}

export const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export const WAYS: readonly Required<Way>[] = VERSIONS.flatMap((version) =>
  (['http/1.1', 'h2'] as const).map((protocol) => ({ version, protocol })),
);
export const nameOf = ({ version, protocol }: Required<Way>) => `${version}, ${protocol}`;

export interface VisitOptions extends Way {
  readonly port: number;
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
  readonly status: number;
  /** Of a refusal; empty otherwise. */
  readonly code: string;
  /** As the client sees it. */
  readonly resumed: boolean;
  /** The connection is to be closed behind the answer: by its head, or by GOAWAY. */
  readonly closed: boolean;
  /** The latest that the server gave; the one offered where it gave none. */
  readonly session: Buffer;
  readonly socket: TLSSocket;
}

const ENVELOPE = '\0nodejs:tls:session:1\0';

type Reply = Pick<Visited, 'status' | 'closed'> & { readonly body: string };

/** One request on a connection of its own. */
export async function visit(t: Test, options: VisitOptions): Promise<Visited> {
  const { port, version, serverName = 'localhost', certificate, protocol = 'http/1.1', from = 1 } = options;
  const offered = options.session;
  const to: ConnectionOptions & { localAddress: string } = {
    port,
    host: '127.0.0.1',
    localAddress: `127.0.0.${from}`,
    servername: serverName,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    ALPNProtocols: [protocol],
    ...(certificate && { cert: certificate.chainPem, key: certificate.keyPem }),
    ...(offered && { session: offered }),
  };
  const socket = connect(to);
  t.teardown(() => socket.destroy());
  let given: Buffer | undefined;
  socket.on('session', (latest: Buffer) => {
    given = unbound(latest);
  });
  const { status, body, closed } = await (protocol === 'h2' ? askByHttp2 : askByHttp1)(t, socket, options);
  const session = given ?? offered;
  if (session === undefined) throw new Error('the server gave no session');
  const code = status === 200 ? '' : JSON.parse(body).code;
  return { status, code, closed, resumed: socket.isSessionReused(), session, socket };
}

async function askByHttp1(t: Test, socket: TLSSocket, options: VisitOptions): Promise<Reply> {
  const { serverName, host = serverName ?? 'localhost', path = '/' } = options;
  const answers = readAnswers(t, socket);
  await once(socket, 'secureConnect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const { status, body, headers } = await answers.next();
  return { status, body, closed: headers.get('connection')?.[0] === 'close' };
}

async function askByHttp2(t: Test, socket: TLSSocket, options: VisitOptions): Promise<Reply> {
  const { serverName, host = serverName ?? 'localhost', path = '/' } = options;
  const session = connectHttp2(`https://${host}`, { createConnection: () => socket });
  session.on('error', () => {});
  const { status, text } = await askStream(t, session, { path });
  return { status, body: text, closed: await isClosing(session) };
}

/** Whoever sends GOAWAY with an answer sends it before what comes later, as the answer to a ping. */
function isClosing(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    if (session.closed || session.destroyed) resolve(true);
    else session.ping(() => resolve(session.closed));
  });
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
