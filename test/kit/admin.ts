// A caller of the admin API of a gateway, with tokens of both roles.

import { request } from 'node:http';
import { request as requestByTls } from 'node:https';
import type { Test } from 'tap';
import { createToken } from '../../src/admin/access.ts';
import { type GatewayOptions, startTestGateway, type TestGateway } from './gateway.ts';
import type { TestCertificate } from './pki.ts';

export const VIEWER = createToken();
export const OPERATOR = createToken();

/** Part of a configuration: the address, and both tokens. */
export const ADMIN_YAML = `
admin:
  address: 127.0.0.1:0
  tokens:
    - { name: watch, role: viewer, hash: ${VIEWER.hash} }
    - { name: ops, role: operator, hash: ${OPERATOR.hash} }
`;

export interface Call {
  readonly method?: string;
  /** Left out: the operator's. null: none is sent. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes out as JSON, text as it is. */
  readonly body?: unknown;
  /** Goes by TLS. */
  readonly tls?: AdminTls;
}

export interface AdminTls {
  /** Of the server. */
  readonly root: TestCertificate;
  /** Left out: none is shown. */
  readonly certificate?: TestCertificate | undefined;
}

/** For `request` of node:https. */
export function adminTlsOptions({ root, certificate }: AdminTls): object {
  const own = certificate && { cert: certificate.chainPem, key: certificate.keyPem };
  return { ca: root.pem, servername: 'localhost', ...own };
}

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed, where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is what the tests are about
  readonly json: any;
}

/** One call on a connection of its own. */
export function callAdmin(port: number, path: string, options: Call = {}): Promise<AdminAnswer> {
  const { method = 'GET', token = OPERATOR.token, headers = {}, body, tls } = options;
  const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = (tls === undefined ? request : requestByTls)({
      ...(tls && adminTlsOptions(tls)),
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(sent !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(sent)),
        }),
        ...headers,
      },
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    call.end(sent);
  });
}

export interface AdministeredOptions extends GatewayOptions {
  /** Of the admin API, as YAML. Left out: tests that wait ask as often as they like. */
  readonly limits?: string;
}

const PATIENT = '{ requests: 100000 }';

export interface AdministeredGateway extends TestGateway {
  call(path: string, options?: Call): Promise<AdminAnswer>;
}

/** A gateway in this process with an admin address and both tokens. */
export async function startAdministered(
  t: Test,
  { limits = PATIENT, ...options }: AdministeredOptions,
): Promise<AdministeredGateway> {
  const gateway = await startTestGateway(t, { ...options, yaml: `${options.yaml}${ADMIN_YAML}  limits: ${limits}\n` });
  return { ...gateway, call: (path, call) => callAdmin(gateway.adminPort, path, call) };
}
