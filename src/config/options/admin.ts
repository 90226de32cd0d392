// Options of the admin address: who may look at a running gateway, and who may change it.

import { z } from 'zod';
import { filePath, sha256, size } from '../../model/options.ts';
import { matchOptions } from '../../policy/options.ts';
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

const tlsOptions = z
  .strictObject({
    cert: filePath.describe('The certificate, leaf first, then its intermediates (PEM).'),
    key: filePath.describe('Its private key (PEM). Not readable by everyone.'),
    passwordFile: filePath.optional().describe('File that holds the password of `key`.'),
  })
  .describe('Speak TLS there. Left out: plain HTTP.');

const clientsOptions = z
  .strictObject({
    trust: z.string().min(1).describe('Name of the trust store that says which certificates are good.'),
    rules: z
      .array(
        z.strictObject({
          role: adminRole,
          allow: z.array(matchOptions).min(1).describe('Who has the role: one entry must match.'),
          deny: z.array(matchOptions).min(1).optional().describe('Who has it not, checked before `allow`.'),
        }),
      )
      .min(1)
      .max(64)
      .describe('Who has which role. Of several the highest counts; whom none names has none.'),
  })
  .describe('Who may use it by a client certificate, beside those who have a token. Needs `tls`.');

export const adminLimitsOptions = z
  .strictObject({
    connections: z
      .int()
      .min(1)
      .default(128)
      .describe('Most connections at a time; those of clients of the gateway take no place here.'),
    requests: z
      .int()
      .min(1)
      .default(300)
      .describe('Most requests at once, of each token or certificate: a script that goes over many clients.'),
    requestsPerSecond: z
      .number()
      .positive()
      .default(20)
      .describe('How many it gets back each second: a dashboard asks once or twice.'),
    failures: z
      .int()
      .min(1)
      .default(10)
      .describe('Most requests of one address at once without a token that is known.'),
    failuresPerMinute: z.number().positive().default(12).describe('How many of those it gets back each minute.'),
    watchers: z.int().min(1).max(1_000).default(8).describe('How many may watch live decisions at a time.'),
    unreadBytes: size.default(256 * 1024).describe('Whoever watches and leaves more unread is cut off.'),
    decisions: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .describe('How many of the last requests are kept; with a large certificate each takes 16 KiB at most.'),
  })
  .describe('What those who use the admin API may take. Counts from the next start on.');

export type AdminLimits = z.output<typeof adminLimitsOptions>;

export const adminOptions = z
  .strictObject({
    address: address.default('127.0.0.1:9901').describe('Address and port to listen on.'),
    tls: tlsOptions.optional(),
    clients: clientsOptions.optional(),
    limits: adminLimitsOptions.prefault({}),
    hosts: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Names that it is called by, beside `localhost`, addresses and those of its certificate; whoever calls it by another is refused, as a page of a stranger would be.',
      ),
    tokens: z.array(adminTokenOptions).max(MAX_ADMIN_TOKENS).default([]).describe('Whose tokens are taken.'),
    tokenFile: filePath
      .optional()
      .describe('File with more of them, one line `NAME ROLE HASH` each. Not readable by everyone.'),
  })
  .describe(
    'The admin address: health and metrics for everybody, the API under /api/v1 for whoever has a token or a client certificate with a role. Left out: there is none.',
  );
