// Options of sites and path rules.

import { z } from 'zod';
import { serial, sha256 } from '../model/options.ts';

export const MODES = ['require', 'accept', 'ignore', 'forward-unverified'] as const;
export type Mode = (typeof MODES)[number];

export const ACCOUNT_MODES = ['off', 'optional', 'required'] as const;
export type AccountMode = (typeof ACCOUNT_MODES)[number];

const mode = z
  .enum(MODES)
  .describe(
    '`require`: no certificate, or one that fails, is refused. `accept`: none is fine, one that is offered must be good. `ignore`: none is read and no identity is passed on. `forward-unverified`: a failed one is passed on as unverified.',
  );

const pattern = z.string().min(1);
const namePattern = z
  .partialRecord(
    z.string().regex(/^([A-Za-z]+|\d+(\.\d+)+)$/, 'expected an attribute such as CN, O or a dotted OID'),
    pattern,
  )
  .refine((value) => Object.keys(value).length > 0, 'expected at least one attribute');

/** Hexadecimal digits, whatever stands between them; lower case in the checked object. */
const keyId = z
  .string()
  .transform((text) => text.replace(/[\s:\-\u200e\u200f]/g, '').toLowerCase())
  .refine((digits) => /^([0-9a-f]{2}){1,64}$/.test(digits), 'expected hexadecimal digits');

/** What a certificate can be asked for, by rules and mappings alike. */
export const certificateConditions = {
  subject: namePattern
    .optional()
    .describe('Attributes of the subject: `{ CN: "web-*", O: Acme }`; `*` and `?` are wildcards.'),
  issuer: namePattern
    .optional()
    .describe(
      'Attributes that name exactly one certificate authority of the trust store. What is compared is its key.',
    ),
  issuerKey: sha256.optional().describe('SHA-256 of the SubjectPublicKeyInfo of the issuer.'),
  serial: serial.optional().describe('Serial number in hexadecimal, quoted; needs `issuer` or `issuerKey` beside it.'),
  fingerprint: sha256.optional().describe('SHA-256 of the certificate.'),
  publicKey: sha256
    .optional()
    .describe('SHA-256 of the SubjectPublicKeyInfo: every certificate for that key, a renewed one too.'),
  ski: keyId.optional().describe('Subject key identifier, in hexadecimal.'),
  sid: pattern
    .optional()
    .describe('SID of a Windows account, from the security extension or, where there is none, a SAN URI.'),
  template: pattern
    .optional()
    .describe('Certificate template of a Windows authority: its dotted OID, or its name; case does not count.'),
  eku: z
    .string()
    .regex(/^[0-2](\.(0|[1-9]\d*))+$/, 'expected a dotted OID')
    .optional()
    .describe('Extended key usage that the certificate must list, as a dotted OID.'),
  'san.dns': pattern.optional().describe('A DNS name of the subject alternative names; case does not count.'),
  'san.uri': pattern.optional().describe('A URI of the subject alternative names.'),
  'san.email': pattern.optional().describe('An e-mail address of the subject alternative names; case does not count.'),
  'san.upn': pattern
    .optional()
    .describe('A user principal name of the subject alternative names; case does not count.'),
  'san.ip': pattern
    .optional()
    .describe('An IP address of the subject alternative names, as RFC 5952 writes it: `2001:db8::1`.'),
};

export const matchOptions = z
  .strictObject({
    ...certificateConditions,
    account: pattern
      .optional()
      .describe('The account that an entry of the directory ties to this certificate; `*` and `?` are wildcards.'),
    role: pattern.optional().describe('A role of that account.'),
    mapped: z
      .boolean()
      .optional()
      .describe(
        'Whether `account` and `role` may also be those of an account that a mapping gave. Left out: in `deny` they may, in `allow` not.',
      ),
  })
  .refine(
    (value) => Object.keys(value).some((key) => key !== 'mapped'),
    'expected at least one condition; an empty entry would match everybody',
  )
  .describe('Conditions on a verified certificate; all must match.');

export type MatchOptions = z.output<typeof matchOptions>;

const ruleShape = {
  clientCertificate: mode.optional(),
  account: z
    .enum(ACCOUNT_MODES)
    .optional()
    .describe(
      'Whether the certificate must belong to an account: one of the directory, or one that a mapping gives. `optional` where nothing is said; `off`: the service is told of none. `required` needs `require`.',
    ),
  allow: z
    .array(matchOptions)
    .min(1)
    .optional()
    .describe('Who may pass: one entry must match. Left out: every valid certificate may. Needs `require`.'),
  deny: z.array(matchOptions).min(1).optional().describe('Who may not, checked before `allow`.'),
  onRefusal: z
    .enum(['respond', 'close', 'handshake'])
    .optional()
    .describe(
      '`respond`: an answer that says why. `close`: the connection is broken off. `handshake`: as soon as the handshake is over, before a request is read; for sites all of whose paths require a certificate.',
    ),
};

/** Builds the site schema around the schemas of rooms that policy does not know: trust stores and upstreams. */
export function siteOptions<T extends z.ZodType, U extends z.ZodType>(inlineTrust: T, inlineUpstream: U) {
  const references = {
    trust: z
      .union([z.string().min(1), inlineTrust])
      .optional()
      .describe('A trust store: its name, or the object itself.'),
    upstream: z
      .union([z.string().min(1), inlineUpstream])
      .optional()
      .describe('The service behind it: its name, or the object itself.'),
  };
  const reportOnly = z
    .strictObject({ ...ruleShape, trust: references.trust })
    .describe('Judged and counted beside what is enforced; changes no status, header or identity.');
  const rule = z.strictObject({ ...references, ...ruleShape, reportOnly: reportOnly.optional() });
  return z.strictObject({
    hosts: z
      .array(
        z
          .string()
          .regex(
            /^(\*|(\*\.)?[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*|\[[0-9a-fA-F:.]+\])$/,
            'expected a host name, *.suffix, an IP address ([...] for IPv6) or "*"',
          ),
      )
      .min(1)
      .describe('Exact names, `*.suffix` (one label) or `"*"`; the most exact wins.'),
    ...references,
    ...ruleShape,
    reportOnly: reportOnly.optional(),
    caseSensitive: z
      .boolean()
      .default(false)
      .describe('Match paths in exact case. Leave it off when the service behind ignores case.'),
    sendIssuerList: z
      .boolean()
      .default(true)
      .describe(
        'Send the names of this site’s authorities in the handshake, so that clients can choose a certificate.',
      ),
    tokenKeys: z
      .boolean()
      .default(false)
      .describe('Publish the keys of signed tokens here, at `token.jwksPath`, to whoever asks.'),
    origins: z
      .array(z.url({ protocol: /^https?$/ }))
      .default([])
      .describe('Origins of pages that may open WebSockets here, besides the site’s own.'),
    urlPath: z
      .strictObject({
        semicolon: z.enum(['refuse', 'allow']).default('refuse').describe('`;` in a path.'),
        encodedSlash: z.enum(['refuse', 'allow']).default('refuse').describe('`%2F` in a path.'),
        duplicateSlash: z.enum(['refuse', 'allow']).default('refuse').describe('`//` in a path.'),
      })
      .prefault({})
      .describe(
        'Forms of a path that are refused unless a legacy client needs them; then the strictest rule under either reading applies.',
      ),
    paths: z
      .record(z.string().startsWith('/', 'expected a path that starts with /'), rule)
      .default({})
      .describe(
        'Rules for paths. The nearest enclosing one wins, on whole segments; keys it does not set come from the next one out.',
      ),
  });
}
