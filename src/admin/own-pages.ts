// Does a request come from a page of somebody else, by way of a browser that can reach this address?

import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { canonicalAuthority } from '../policy/canonical-host.ts';
import { type Problem, problem } from './problems.ts';

/**
 * A page whose name leads here (DNS rebinding) is called by that name; nobody can make a browser send another. Addresses
 * and `localhost` lead to nobody else. `hosts`: canonical.
 */
export function findWrongHost({ headers }: FastifyRequest, hosts: readonly string[]): Problem | undefined {
  const host = canonicalAuthority(headers.host ?? '')?.host;
  if (host !== undefined && (host === 'localhost' || isAddress(host) || hosts.includes(host))) return undefined;
  return problem('host-refused', 'Call it by its address, as localhost, or by a name that `admin.hosts` lists.');
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIPv4(host);
}

/** What browsers say of the page that sends a request; programs say nothing. */
export function findForeignPage({ headers, protocol }: FastifyRequest): Problem | undefined {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn = origin === undefined || origin === `${protocol}://${host}`;
  if (isOwn && (site === undefined || site === 'same-origin' || site === 'none')) return undefined;
  return problem('origin-refused', 'The request comes from a page of another origin.');
}

/** What a form or a plain cross-origin request cannot send: with it, browsers ask beforehand, and get no leave. */
export function findWrongType({ headers, method }: FastifyRequest): Problem | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  if (/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return undefined;
  return problem('media-type', 'Send a body with content-type: application/json.');
}
