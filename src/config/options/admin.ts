// Options of the admin address: who may look at a running gateway, and who may change it.

import { z } from 'zod';
import { filePath, sha256 } from '../../model/options.ts';
import { address } from './server.ts';

/** What somebody may do: look, or change as well. Each may do what those before it may. */
export const ADMIN_ROLES = ['viewer', 'operator'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** More are held against each request than any team has in use. */
export const MAX_ADMIN_TOKENS = 64;

export const adminRole = z.enum(ADMIN_ROLES).describe('`viewer`: may look at everything. `operator`: may change too.');

/** What the audit calls whoever uses a token. */
export const adminTokenName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected a name of letters, digits and . _ -, 64 at most');

export const adminTokenOptions = z.strictObject({
  name: adminTokenName.describe('What the audit calls whoever uses it.'),
  role: adminRole,
  hash: sha256.describe('SHA-256 of the token; `portcullis admin token create` makes both.'),
});

export const adminOptions = z
  .strictObject({
    address: address.default('127.0.0.1:9901').describe('Address and port to listen on.'),
    hosts: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Names that it is called by, beside `localhost` and addresses; whoever calls it by another is refused, as a page of a stranger would be.',
      ),
    tokens: z.array(adminTokenOptions).max(MAX_ADMIN_TOKENS).default([]).describe('Whose tokens are taken.'),
    tokenFile: filePath
      .optional()
      .describe('File with more of them, one line `NAME ROLE HASH` each. Not readable by everyone.'),
  })
  .describe(
    'The admin address: health and metrics for everybody, the API under /api/v1 for whoever has a token. Left out: there is none.',
  );
