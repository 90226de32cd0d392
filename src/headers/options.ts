// Options of the headers that carry an identity to an upstream.

import { z } from 'zod';

/** Every well-known format; `formats.ts` says what each writes. */
export const FORMAT_NAMES = [
  'x-client',
  'rfc9440',
  'arr',
  'aspnetcore',
  'iis-vars',
  'nginx',
  'ingress-nginx',
  'xfcc',
  'traefik',
  'alb',
  'appgw',
] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

export const identityHeadersOptions = z
  .array(
    z.union([
      z.enum(FORMAT_NAMES),
      z.record(
        z.string().regex(/^[A-Za-z0-9-]+$/, 'expected a header name of letters, digits and hyphens'),
        z.string().describe('A field and, behind a dot, its encoding: `subject.rfc4514`, `serial.decimal`.'),
      ),
    ]),
  )
  .default(['x-client'])
  .describe(
    'How the verified identity is written: well-known formats, and headers of your own as `Name: field.encoding`.',
  );

export type IdentityHeadersOptions = z.output<typeof identityHeadersOptions>;
