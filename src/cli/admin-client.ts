// How does a command ask a running gateway? By its admin address.

import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { type RequestOptions, request as requestByTls } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { InvalidArgumentError, Option } from 'commander';
import { StartFault } from '../model/fault.ts';
import { loadFile } from './config-file.ts';

export interface AdminOptions {
  /** URL; left out: what the configuration says. */
  readonly admin?: string;
  readonly tokenFile?: string;
  readonly adminCert?: string;
  readonly adminKey?: string;
  readonly adminCa?: string;
  readonly config: string;
}

export function adminOptions(): Option[] {
  return [
    new Option('--admin <url>', 'address of the admin API; left out: the one of the configuration')
      .env('PORTCULLIS_ADMIN')
      .argParser(readAdminUrl),
    new Option('--token-file <file>', 'file that holds a token; left out: the variable PORTCULLIS_ADMIN_TOKEN'),
    new Option('--admin-cert <file>', 'client certificate to show there, instead of a token; needs --admin-key'),
    new Option('--admin-key <file>', 'its private key'),
    new Option('--admin-ca <file>', 'who has issued the certificate of the admin address; left out: what Node trusts'),
  ];
}

function readAdminUrl(text: string): string {
  if (/^https?:\/\/[^/?#]+\/?$/.test(text)) return text.replace(/\/$/, '');
  throw new InvalidArgumentError('expected an address such as http://127.0.0.1:9901.');
}

export interface AdminAnswer {
  readonly status: number;
  /** Parsed JSON. */
  readonly body: unknown;
}

export interface AdminClient {
  readonly url: string;
  /** A token or a certificate: what says who asks. */
  readonly hasCredential: boolean;
  /** Throws StartFault where nobody answers, or not in time, or not as a gateway does. */
  ask(method: string, path: string, body?: object): Promise<AdminAnswer>;
}

/** Throws StartFault where there is no address or a file cannot be read. */
export async function createAdminClient(options: AdminOptions): Promise<AdminClient> {
  const { admin, tokenFile, config } = options;
  const found = admin === undefined ? await findTarget(config) : { url: admin, tls: {} };
  const token = await readToken(tokenFile);
  const tls = { ...found.tls, ...(await readTls(options)) };
  return {
    url: found.url,
    hasCredential: token !== undefined || tls.cert !== undefined,
    ask: (method, path, body) => ask(new URL(path, found.url), { method, token, tls, body }),
  };
}

async function readTls({ adminCert, adminKey, adminCa }: AdminOptions): Promise<RequestOptions> {
  const files = { cert: adminCert, key: adminKey, ca: adminCa };
  const read: RequestOptions = {};
  for (const key of ['cert', 'key', 'ca'] as const) {
    const file = files[key];
    if (file === undefined) continue;
    read[key] = await readFile(file, 'utf8').catch((error: Error) => {
      throw new StartFault(`--admin-${key}: ${error.message}`);
    });
  }
  if ((read.cert === undefined) !== (read.key === undefined)) {
    throw new StartFault('--admin-cert and --admin-key belong together');
  }
  return read;
}

async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env.PORTCULLIS_ADMIN_TOKEN;
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new StartFault(`--token-file: ${error.message}`);
  });
  return text.trim();
}

/** A gateway that listens on every address is on this machine too. */
async function findTarget(config: string): Promise<{ url: string; tls: RequestOptions }> {
  const loaded = await loadFile(config);
  if (!loaded.ok) throw new StartFault(`${config} has errors (portcullis check): name the address by --admin`);
  const { admin } = loaded.configuration.settings;
  if (admin === undefined) {
    throw new StartFault(`${config} has no admin address: add "admin: {}" and restart, or name one by --admin`);
  }
  const address = admin.address.replace(/^(0\.0\.0\.0|\[::\]):/, '127.0.0.1:');
  const certificate = loaded.configuration.admin?.certificate;
  if (certificate === undefined) return { url: `http://${address}`, tls: {} };
  // Exactly the certificate of the configuration, whoever has issued it.
  const { certPem, leaf } = certificate;
  const checkServerIdentity = (_: string, { raw }: PeerCertificate) =>
    raw.equals(leaf.der) ? undefined : new Error('it shows another certificate than the configuration names');
  const tls = { ca: certPem, allowPartialTrustChain: true, checkServerIdentity };
  return { url: `https://${address}`, tls };
}

/** Status and explanations come at once; what writes waits for a database. */
const TIME_LIMIT_MS = 10_000;
/** Lists come in pages, which are smaller. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Sent {
  readonly method: string;
  readonly token: string | undefined;
  readonly tls: RequestOptions;
  readonly body: object | undefined;
}

async function ask(url: URL, { method, token, tls, body }: Sent): Promise<AdminAnswer> {
  const fail = (why: string): never => {
    throw new StartFault(`${url.origin} cannot be asked: ${why}. Is the gateway running, with \`admin:\` configured?`);
  };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const call = (url.protocol === 'https:' ? requestByTls : request)(url, {
      ...tls,
      method,
      agent: false,
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
      },
    });
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > MAX_BYTES) response.destroy(new Error('the answer is too large'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.end(sent);
  }).catch((error: NodeJS.ErrnoException) => fail(error.name === 'TimeoutError' ? 'no answer in time' : error.message));
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    return fail('what answers there is no gateway');
  }
}

/** The words of a refusal, for people. */
export function refusalOf({ status, body }: AdminAnswer): string {
  const { title, detail } = body as { title?: unknown; detail?: unknown };
  return typeof detail === 'string' ? `${title}: ${detail}` : `status ${status}`;
}
