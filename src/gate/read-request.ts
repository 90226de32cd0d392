// From the raw request to its canonical target and its rules, or the reason why it has none.
//
// Order: request, host, path. Reads `rawHeaders` only: Node's `headers` has merged and dropped what we must see.

import type { IncomingMessage } from 'node:http';
import type { Evidence } from '../model/evidence.ts';
import type { Target } from '../model/exchange.ts';
import type { ReasonCode, Refusal } from '../model/reasons.ts';
import { canonicalAuthority } from '../policy/canonical-host.ts';
import { canonicalPath, type Reading } from '../policy/canonical-path.ts';
import type { Policy, Rule, Site } from '../policy/compile.ts';
import type { HostTable } from '../policy/host-table.ts';

export interface RequestLimits {
  readonly headers: number;
  readonly bodyBytes: number;
}

export interface ReadRequest {
  readonly target: Target;
  readonly readings: readonly Reading[];
  readonly site: Site;
  readonly rules: readonly [Rule, ...Rule[]];
}

export interface RequestContext {
  readonly evidence: Evidence;
  readonly policy: Policy;
  readonly defaultHosts: HostTable<true>;
  readonly limits: RequestLimits;
}

export function readRequest(request: IncomingMessage, context: RequestContext): ReadRequest | Refusal {
  const fields = fieldsOf(request.rawHeaders);
  const malformed = checkMessage(request, fields, context.limits);
  if (malformed !== undefined) return malformed;

  const authority = canonicalAuthority(fields.host[0] ?? '');
  if (authority === undefined) return refuse('request-invalid', 'host', 'the Host field is not a plain host and port');
  const site = siteOf(authority.host, context);
  if ('code' in site) return site;

  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const canonical = url.includes('#') ? undefined : canonicalPath(mark < 0 ? url : url.slice(0, mark), site.urlPath);
  if (canonical === undefined) return refuse('path-invalid', 'path', 'the path is not in its canonical form');

  const target = { ...authority, path: canonical.path, query: mark < 0 ? '' : url.slice(mark) };
  return { target, readings: canonical.readings, site, rules: site.match(canonical.readings) };
}

interface Fields {
  readonly count: number;
  readonly host: string[];
  readonly contentLength: string[];
  readonly transferEncoding: string[];
  readonly expect: string[];
  readonly upgrade: string[];
}

function fieldsOf(raw: readonly string[]): Fields {
  const fields: Fields & Record<string, unknown> = {
    count: raw.length / 2,
    host: [],
    contentLength: [],
    transferEncoding: [],
    expect: [],
    upgrade: [],
  };
  for (let index = 0; index < raw.length; index += 2) {
    const value = raw[index + 1] ?? '';
    switch (raw[index]?.toLowerCase()) {
      case 'host':
        fields.host.push(value);
        break;
      case 'content-length':
        fields.contentLength.push(value);
        break;
      case 'transfer-encoding':
        fields.transferEncoding.push(value);
        break;
      case 'expect':
        fields.expect.push(value);
        break;
      case 'upgrade':
        fields.upgrade.push(value);
        break;
    }
  }
  return fields;
}

function checkMessage(request: IncomingMessage, fields: Fields, limits: RequestLimits): Refusal | undefined {
  const { httpVersion, method } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return refuse('version-not-supported', 'version', httpVersion);
  if (method === 'CONNECT' || method === 'TRACE') return refuse('method-not-supported', 'method', method);
  if (fields.count > limits.headers) return refuse('headers-too-large', 'headers', `${fields.count} fields`);
  if (fields.host.length !== 1) return refuse('request-invalid', 'host', `${fields.host.length} Host fields`);
  return (
    checkFraming(httpVersion, fields, limits) ?? checkExpectation(httpVersion, fields) ?? checkUpgrade(request, fields)
  );
}

/** RFC 9112 6.3, without its leniencies: one length or one `chunked`, plainly written. */
function checkFraming(version: string, fields: Fields, limits: RequestLimits): Refusal | undefined {
  const { contentLength, transferEncoding } = fields;
  if (contentLength.length + transferEncoding.length > 1) {
    return refuse('request-invalid', 'framing', 'more than one Content-Length or Transfer-Encoding');
  }
  const [coding] = transferEncoding;
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || version === '1.0')) {
    return refuse('request-invalid', 'framing', 'a Transfer-Encoding other than chunked on HTTP/1.1');
  }
  const [length] = contentLength;
  if (length === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(length)) return refuse('request-invalid', 'framing', 'an odd Content-Length');
  return Number(length) > limits.bodyBytes ? refuse('body-too-large', 'body', `${length} bytes`) : undefined;
}

function checkExpectation(version: string, { expect }: Fields): Refusal | undefined {
  if (expect.length === 0 || version === '1.0') return undefined;
  const plain = expect.length === 1 && expect[0]?.toLowerCase() === '100-continue';
  return plain ? undefined : refuse('expectation-failed', 'expect', 'an expectation other than 100-continue');
}

/** A WebSocket handshake that is none is refused and not taken for a plain request (design rule 12). */
function checkUpgrade(request: IncomingMessage, { upgrade }: Fields): Refusal | undefined {
  const asksForWebSocket = upgrade.some((value) => value.toLowerCase().includes('websocket'));
  return asksForWebSocket && !isWebSocketHandshake(request)
    ? refuse('request-invalid', 'upgrade', 'a WebSocket handshake must be a GET of HTTP/1.1 without a body')
    : undefined;
}

/** RFC 6455 4.1: GET, HTTP/1.1, `Upgrade: websocket`, `Connection` names it; and no body. */
export function isWebSocketHandshake(request: IncomingMessage): boolean {
  const { method, httpVersion, headers } = request;
  const names = (value: string | undefined, token: string) =>
    value?.split(',').some((part) => part.trim().toLowerCase() === token) === true;
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers.upgrade?.trim().toLowerCase() === 'websocket' &&
    names(headers.connection, 'upgrade') &&
    headers['transfer-encoding'] === undefined &&
    (headers['content-length'] ?? '0') === '0'
  );
}

/** SNI and Host must lead to the same site; without SNI the default certificate must cover the host (RFC 9110 7.4). */
function siteOf(host: string, { evidence, policy, defaultHosts }: RequestContext): Site | Refusal {
  const site = policy.siteOf(host);
  if (site === undefined) return refuse('host-unknown', 'host', 'no site has this host');
  const { serverName } = evidence;
  if (serverName === undefined) {
    if (defaultHosts.find(host) === undefined) {
      return refuse('host-mismatch', 'sni', 'no SNI, and the default certificate does not cover the host');
    }
  } else if (policy.siteOf(serverName) !== site) {
    return refuse('host-mismatch', 'sni', 'SNI leads to another site than Host');
  }
  return site;
}

function refuse(code: ReasonCode, check: string, note: string): Refusal {
  return { code, check, note };
}
