// Who is it, and what may they do? Tokens against their hashes, certificates by what decides live.

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AdminToken } from '../config/files/admin.ts';
import { ADMIN_ROLES, type AdminRole } from '../config/options/admin.ts';
import type { Decider } from '../decision/decide.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Identity } from '../model/identity.ts';
import type { Refusal } from '../model/reasons.ts';
import type { Rule } from '../policy/compile.ts';
import { formatRfc4514 } from '../x509/name-text.ts';

export interface Actor {
  /** For audit and log: `token ops`, `certificate CN=alice (0A1B2C of CN=Corporate CA)`. */
  readonly name: string;
  readonly role: AdminRole;
}

export interface Access {
  /** false: there is nobody whom it would let in. */
  readonly isOpen: boolean;
  /** undefined: nobody's. */
  ofToken(token: string): Actor | undefined;
  /** A refusal: nobody's, or of somebody without a role. `now`: ms since the epoch. */
  ofCertificate(evidence: Evidence, now: number): Promise<Actor | Refusal>;
}

/** Who has a role by a certificate. */
export interface AdminClients {
  /** Higher roles first. */
  readonly rules: readonly { readonly role: AdminRole; readonly rule: Rule }[];
  readonly decider: Decider;
}

/** What tells them from other secrets, for people and for scanners. */
const PREFIX = 'pcl_';
/** Nobody guesses 256 random bits, so that a plain digest of them is as good as any slow one. */
const TOKEN_BYTES = 32;

/** A new token, and the hash that the configuration knows it by. */
export function createToken(): { readonly token: string; readonly hash: string } {
  const token = PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, hash: hash('sha256', token, 'hex') };
}

export function createAccess(tokens: readonly AdminToken[], clients: AdminClients | undefined): Access {
  const known = tokens.map(({ name, role, hash }) => ({
    digest: Buffer.from(hash, 'hex'),
    actor: { name: `token ${name}`, role },
  }));
  return {
    isOpen: known.length > 0 || clients !== undefined,
    ofToken(token) {
      const digest = hash('sha256', token, 'buffer');
      // All of them, and whole: how long it takes tells nothing.
      let found: Actor | undefined;
      for (const each of known) if (timingSafeEqual(each.digest, digest)) found = each.actor;
      return found;
    },
    ofCertificate: (evidence, now) => admitCertificate(evidence, clients, now),
  };
}

/** By each rule in its turn; whoever has none is told why the last of them refused. */
async function admitCertificate(
  evidence: Evidence,
  clients: AdminClients | undefined,
  now: number,
): Promise<Actor | Refusal> {
  let refusal: Refusal = { code: 'certificate-required' };
  if (clients === undefined) return refusal;
  const { rules, decider } = clients;
  for (const { role, rule } of rules) {
    const { decision } = await decider.decide(evidence, [rule], now);
    if (!decision.allow) refusal = decision.refusal;
    else if (decision.identity !== undefined) return { name: nameOf(decision.identity), role };
  }
  return refusal;
}

/** By issuer and serial: of two certificates with one subject the audit must say which it was. */
function nameOf({ certificate: { subject, issuer, serial } }: Identity): string {
  return `certificate ${formatRfc4514(subject)} (${serial} of ${formatRfc4514(issuer)})`;
}

export function mayAct({ role }: Actor, needed: AdminRole): boolean {
  return ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(needed);
}
