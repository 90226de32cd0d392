// Who is it, and what may they do? Tokens against their hashes.

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AdminToken } from '../config/files/admin.ts';
import { ADMIN_ROLES, type AdminRole } from '../config/options/admin.ts';

export interface Actor {
  /** For audit and log: `token ops`, `certificate CN=alice`. */
  readonly name: string;
  readonly role: AdminRole;
}

export interface Access {
  /** false: there is nobody whom it would let in. */
  readonly isOpen: boolean;
  /** undefined: nobody's. */
  ofToken(token: string): Actor | undefined;
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

export function createAccess(tokens: readonly AdminToken[]): Access {
  const known = tokens.map(({ name, role, hash }) => ({
    digest: Buffer.from(hash, 'hex'),
    actor: { name: `token ${name}`, role },
  }));
  return {
    isOpen: known.length > 0,
    ofToken(token) {
      const digest = hash('sha256', token, 'buffer');
      // All of them, and whole: how long it takes tells nothing.
      let found: Actor | undefined;
      for (const each of known) if (timingSafeEqual(each.digest, digest)) found = each.actor;
      return found;
    },
  };
}

export function mayAct({ role }: Actor, needed: AdminRole): boolean {
  return ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(needed);
}
