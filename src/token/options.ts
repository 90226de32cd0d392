// Options of signed tokens: who signs them, and which service gets one.

import { z } from 'zod';
import { filePath, timeLimit } from '../model/options.ts';
import { canonicalPath } from '../policy/canonical-path.ts';

/** A rotation needs two; every verifier fetches and keeps them all. */
const MAX_KEYS = 16;
/** Below it a token would be made anew for every other request. */
const MIN_TTL_MS = 10_000;
/** A token cannot be taken back, and so what revokes its certificate takes effect that late at the latest. */
const MAX_TTL_MS = 600_000;

/** RFC 7519 2, StringOrURI: what holds a colon is a URI. */
const name = z
  .string()
  .min(1)
  .regex(/^([^:]*|[A-Za-z][A-Za-z0-9+.-]*:\S+)$/, 'expected a URI, or a text without a colon');

export const tokenOptions = z
  .strictObject({
    issuer: name.describe('`iss` of every token: a URL or a name that the services expect there.'),
    keyFiles: z
      .array(filePath)
      .min(1)
      .max(MAX_KEYS)
      .describe(
        'Private keys, one per file, P-256 (ES256) or Ed25519 (EdDSA), as PEM or JWK. The first signs, all are published; the same on every replica. Not readable by everyone.',
      ),
    jwksPath: z
      .string()
      .refine(isPlainPath, 'expected a path in its plain form, such as /.well-known/jwks.json')
      .default('/.well-known/portcullis/jwks.json')
      .describe('Where sites with `tokenKeys: true` publish the public keys.'),
  })
  .describe('Signed tokens that tell services who a client is.');

export type TokenOptions = z.output<typeof tokenOptions>;

export const upstreamTokenOptions = z
  .strictObject({
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, 'expected a header name of letters, digits and hyphens')
      .default('X-Client-Token')
      .describe('The header that carries it; stripped from every request and every answer.'),
    audience: name.describe('`aud` of the token: a name of this service, so that no other one takes the token.'),
    ttl: timeLimit
      .refine((ms) => ms >= MIN_TTL_MS && ms <= MAX_TTL_MS, 'expected a time from 10s to 10m')
      .default(60_000)
      .describe('How long a token holds: 10s to 10m, and never longer than certificate and verdict.'),
  })
  .describe('A signed token that carries the identity. Needs `token` at the top.');

export type UpstreamTokenOptions = z.output<typeof upstreamTokenOptions>;

/** A path in another form is never what a request asks for. */
function isPlainPath(path: string): boolean {
  const canonical = canonicalPath(path, { semicolon: 'refuse', encodedSlash: 'refuse', duplicateSlash: 'refuse' });
  return canonical?.path === path;
}
