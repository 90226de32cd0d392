// Clients of a gateway: one that speaks HTTP, and one that sends any bytes. Every refusal that any test receives passes
// the check for leaks in here.

import { request as httpsRequest } from 'node:https';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { type ReasonCode, reasonOf } from '../../src/model/reasons.ts';
import type { TestCertificate } from './pki.ts';

export interface ClientOptions {
  readonly port: number;
  /** SNI, and the Host header where the caller writes none; localhost when left out, no SNI when null. */
  readonly servername?: string | null;
  readonly certificate?: Pick<TestCertificate, 'chainPem' | 'keyPem'> | undefined;
  /** Sent instead of the certificate's own chain. */
  readonly chainPem?: string;
  readonly version?: SecureVersion;
}

export interface RequestOptions extends ClientOptions {
  readonly method?: string;
  readonly path?: string;
  /** Flat or by name. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

/** As node:tls takes them. */
export function tlsOptions({ port, servername = 'localhost', certificate, chainPem, version }: ClientOptions) {
  return {
    host: '127.0.0.1',
    port,
    servername: servername ?? '',
    // The server's certificate is not what these tests are about.
    rejectUnauthorized: false,
    ...(certificate && { cert: chainPem ?? certificate.chainPem, key: certificate.keyPem }),
    ...(version && { minVersion: version, maxVersion: version }),
  };
}

/** One request on a connection of its own. */
export async function send(t: Test, options: RequestOptions): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body } = options;
  const answer = await new Promise<Answer>((resolve, reject) => {
    const request = httpsRequest({
      ...tlsOptions(options),
      agent: false,
      method,
      path,
      headers: { host: options.servername ?? 'localhost', ...headers } as Record<string, string>,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(chunks);
        const { statusCode: status = 0, headers, rawHeaders } = response;
        resolve({ status, headers, rawHeaders, body: all, text: all.toString() });
      });
    });
    request.end(body);
  });
  checkForLeaks(t, answer.status, answer.text);
  return answer;
}

/**
 * Its status, for whoever waits for one. 0: broken off, as happens to a request that is under way at the very moment from
 * which it would no longer be allowed.
 */
export async function statusOf(t: Test, options: RequestOptions): Promise<number> {
  try {
    return (await send(t, options)).status;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 0;
    throw error;
  }
}

/** A connection whose handshake is over. */
export async function open(t: Test, options: ClientOptions): Promise<TLSSocket> {
  const socket = connect(tlsOptions(options));
  t.teardown(() => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

/** Sends bytes as they are on a connection of its own, and gives all that comes back until it is closed. */
export async function sendBytes(t: Test, options: ClientOptions & { bytes: string | Buffer }): Promise<string> {
  const socket = await open(t, options);
  socket.write(options.bytes);
  const text = await readAll(socket);
  for (const answer of splitAnswers(text)) checkForLeaks(t, answer.status, answer.body);
  return text;
}

export function readAll(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** Waits until the text so far satisfies the condition; rejects when the connection closes before. */
export function readUntil(socket: TLSSocket, done: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!done(text)) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(text);
    };
    const onClose = () => reject(new Error(`closed after: ${text}`));
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}

/** Status lines and what follows each of them. Good enough for refusals, which have a Content-Length. */
export function splitAnswers(text: string): { status: number; body: string }[] {
  return text
    .split(/^(?=HTTP\/1\.1 \d{3} )/m)
    .filter((part) => part.startsWith('HTTP/1.1 '))
    .map((part) => ({ status: Number(part.slice(9, 12)), body: part.slice(part.indexOf('\r\n\r\n') + 4) }));
}

const LEAKS: readonly RegExp[] = [
  /ERR_[A-Z]/,
  /error:[0-9A-F]/i,
  /\bE(CONN|NOTFOUND|ACCES|PIPE|ADDR|TIMEDOUT)/,
  /\n\s+at /,
  /node:internal|node_modules/,
  /127\.0\.0\.1|::1/,
  /\/(tmp|home|work|src|dist|etc|usr|root)\//,
  /\.(ts|js|pem|key|yaml):?\d*/,
];

/** No refusal names a file, an address, an engine's error or a stack (design section 5). */
export function checkForLeaks(t: Test, status: number, body: string): void {
  if (status < 400) return;
  for (const leak of LEAKS) if (leak.test(body)) t.fail(`a refusal leaks ${leak}: ${body}`);
}

/** The answer is the refusal of that code, in full. */
export function checkRefusal(t: Test, answer: Answer, code: ReasonCode): void {
  const { status, title, detail, substatus } = reasonOf(code);
  t.equal(answer.status, status, `${code} is ${status}`);
  t.equal(answer.headers['content-type'], 'application/problem+json');
  t.equal(answer.headers['cache-control'], 'no-store');
  const problem = JSON.parse(answer.text) as Record<string, unknown>;
  t.match(problem.requestId, /^[0-9a-f-]{36}$/);
  const { requestId: _, ...rest } = problem;
  t.strictSame(rest, {
    type: `urn:portcullis:refusal:${code}`,
    title,
    status,
    detail,
    code,
    ...(substatus && { substatus }),
  });
}
