// What an allowed request looks like on its way to the upstream.

import { isIP } from 'node:net';
import { writeExpiryNotice } from '../headers/expiry-notice.ts';
import type { Written } from '../headers/identity-writer.ts';
import { buildRequestHeaders } from '../headers/request.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Exchange, Target } from '../model/exchange.ts';
import type { Identity, Unverified } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import { canonicalAuthority } from '../policy/canonical-host.ts';
import type { GateRuntime, GateUpstream } from './runtime.ts';

export interface ExchangeInput {
  readonly requestId: string;
  readonly method: string;
  readonly raw: readonly string[];
  readonly evidence: Evidence;
  readonly target: Target;
  readonly upstream: string;
  readonly identity: Identity | undefined;
  readonly unverified: Unverified | undefined;
  readonly maxBodyBytes: number;
  /** Now, and until when the decision holds; ms since the epoch. */
  readonly at: { readonly now: number; readonly validUntil: number };
}

/** The exchange for a request that may pass, or why it cannot be passed on. */
export function createExchange(input: ExchangeInput, runtime: GateRuntime): Exchange | Refusal {
  const { requestId, method, raw, evidence, target } = input;
  const upstream = runtime.upstreams.get(input.upstream);
  if (upstream === undefined) throw new Error(`no upstream "${input.upstream}"`);
  const path = upstreamPath(target.path, upstream);
  if (path === undefined)
    return { code: 'not-found', check: 'strip-prefix', note: 'the path is not under stripPrefix' };
  const written = writeIdentity(input, upstream);
  if ('refusal' in written) return written.refusal;
  return {
    requestId,
    method,
    upstream: input.upstream,
    upstreamPath: path + target.query,
    fields: buildRequestHeaders({
      raw,
      stripper: runtime.stripper,
      host: upstream.host === 'preserve' ? target.authority : upstream.host,
      forwarded: forwardedBy(raw, evidence, target, runtime),
      requestId,
    }),
    identity: written.headers,
    trailerBlocked: runtime.trailerBlocked,
    answerBlocked: runtime.stripper.blockedAnswer,
    answerFields: noticeOf(input, runtime),
    maxBodyBytes: input.maxBodyBytes,
    connection: evidence,
  };
}

const NO_FIELDS: readonly string[] = [];

/** Whoever passed as somebody is told when that ends. */
function noticeOf({ identity, at }: ExchangeInput, { expiryNoticeWithinMs: within }: GateRuntime): readonly string[] {
  if (within === undefined || identity === undefined) return NO_FIELDS;
  return writeExpiryNotice(identity.certificate.notAfter, at.now, within);
}

function writeIdentity({ identity, unverified, at }: ExchangeInput, { writer, token }: GateUpstream): Written {
  const written = writer.write(identity, unverified);
  return token === undefined || 'refusal' in written ? written : token.write(identity, written.headers, at);
}

/** Takes `stripPrefix` off on whole segments and puts the upstream's own path before it. */
function upstreamPath(path: string, { stripPrefix, basePath }: GateUpstream): string | undefined {
  if (stripPrefix === undefined) return basePath + path;
  const prefix = stripPrefix.replace(/\/$/, '');
  const rest = path.slice(prefix.length);
  // Whether case counts was decided by the rule that led here.
  if (path.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  if (rest === '') return `${basePath}/`;
  return rest.startsWith('/') ? basePath + rest : undefined;
}

/** Ours, unless the client is a proxy that the operator trusts: then its words are continued. */
function forwardedBy(
  raw: readonly string[],
  { remoteAddress }: Evidence,
  target: Target,
  { trustedProxies }: GateRuntime,
): { for: string; proto: 'https' | 'http'; host: string } {
  const own = { for: remoteAddress, proto: 'https', host: target.authority } as const;
  if (!isTrustedProxy(remoteAddress, trustedProxies)) return own;
  const before = headerValues(raw, 'x-forwarded-for').filter((value) => /^[0-9A-Fa-f.:, [\]]+$/.test(value));
  const [proto] = headerValues(raw, 'x-forwarded-proto');
  const host = canonicalAuthority(headerValues(raw, 'x-forwarded-host')[0] ?? '');
  return {
    for: [...before, remoteAddress].join(', '),
    proto: proto === 'http' ? 'http' : 'https',
    host: host?.authority ?? own.host,
  };
}

const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;

/** The request id a trusted proxy sent; undefined from anybody else, or where it is not plain. */
export function requestIdOf(
  raw: readonly string[],
  { remoteAddress }: Evidence,
  { trustedProxies }: GateRuntime,
): string | undefined {
  if (!isTrustedProxy(remoteAddress, trustedProxies)) return undefined;
  return headerValues(raw, 'x-request-id').find((value) => REQUEST_ID.test(value));
}

/**
 * Whom a trusted proxy asks for: the last entry of X-Forwarded-For that is no proxy's, for those before it are what the
 * client says. Undefined: there is no proxy, or it does not say.
 */
export function clientBehindProxy(
  raw: readonly string[],
  { remoteAddress }: Evidence,
  { trustedProxies }: GateRuntime,
): string | undefined {
  if (!isTrustedProxy(remoteAddress, trustedProxies)) return undefined;
  const entries = headerValues(raw, 'x-forwarded-for').flatMap((value) => value.split(','));
  for (const entry of entries.toReversed()) {
    const address = addressOf(entry.trim());
    // Not the one before it instead: that may be an invention of the client.
    if (isIP(address) === 0) return undefined;
    if (!isTrustedProxy(address, trustedProxies)) return address;
  }
  return undefined;
}

/** Without the port and the brackets that some proxies write. */
function addressOf(entry: string): string {
  const inBrackets = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1];
  return inBrackets ?? entry.replace(/^([\d.]+):\d+$/, '$1');
}

export function isTrustedProxy(address: string, trustedProxies: GateRuntime['trustedProxies']): boolean {
  return trustedProxies?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') === true;
}

function headerValues(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() === name) values.push(raw[index + 1] ?? '');
  }
  return values;
}
