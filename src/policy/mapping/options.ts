// Options of mappings from certificates to accounts.

import { z } from 'zod';
import { certificateConditions } from '../options.ts';
import { MAX_ACCOUNT_LENGTH } from './safe-account.ts';

/** They are tried one after the other for each certificate: more belong into the directory, which looks them up. */
const MAX_MAPPINGS = 1000;
/** altSecurityIdentities of one account; Active Directory itself keeps no more than about 1200 values of an attribute. */
const MAX_IDENTITIES = 1000;

const trustName = z.string().min(1);

const mappingOptions = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected up to 64 letters, digits, `.`, `_` or `-`')
      .optional()
      .describe('What logs and `map test` call it; left out: its place, such as `mappings[0]`.'),
    enabled: z.boolean().default(true).describe('`false`: it is checked, and otherwise as if it were not there.'),
    trust: z
      .union([trustName, z.array(trustName).min(1)])
      .optional()
      .describe(
        'Trust stores whose certificates it is for: a name or a list. May be left out where `match` names the issuer, which then must be one authority among all trust stores.',
      ),
    match: z
      .strictObject({
        ...certificateConditions,
        altSecurityIdentities: z
          .array(z.string().min(1).max(4096))
          .min(1)
          .max(MAX_IDENTITIES)
          .optional()
          .describe('Values of the attribute of this name in Active Directory, `X509:<I>...<SR>...`; one must match.'),
      })
      .refine((value) => Object.keys(value).length > 0, 'expected at least one condition')
      .describe('Conditions on a verified certificate; all must match.'),
    caseSensitive: z
      .boolean()
      .default(true)
      .describe(
        'Whether case counts in attributes of names and in URIs, as in IIS. In DNS names, e-mail addresses and UPNs it never does.',
      ),
    account: z
      .string()
      .min(1)
      .max(MAX_ACCOUNT_LENGTH)
      .optional()
      .describe('The account: a name, or one made of what the certificate says, such as `{upn.local}`.'),
    deny: z.literal(true).optional().describe('The certificate is refused, and no further mapping is tried.'),
  })
  .refine(
    ({ account, deny }) => (account === undefined) !== (deny === undefined),
    'expected either `account` or `deny: true`',
  );

export const mappingsOptions = z
  .array(mappingOptions)
  .max(MAX_MAPPINGS)
  .describe(
    'Rules that turn a certificate into an account, after the entries of the directory. Tried in order; the first that matches decides.',
  );

export type MappingOptions = z.output<typeof mappingOptions>;
