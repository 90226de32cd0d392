// Options of revocation, set per trust store.

import { z } from 'zod';
import { duration, size, timeLimit } from '../model/options.ts';
import { isAddress, readWebAddress } from './web-address.ts';

/** `host`, `*.suffix` (one label), an IP address (IPv6 in brackets), each with a port or without. */
const allowedHost = z
  .string()
  .regex(
    /^((\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?$/i,
    'expected a host such as pki.example, *.pki.example, pki.example:8080 or [2001:db8::1]',
  );

export const revocationOptions = z
  .strictObject({
    mode: z
      .enum(['off', 'soft', 'hard'])
      .default('hard')
      .describe(
        '`off`: nobody is asked. `soft`: a revoked certificate is refused, an unknown state is allowed and logged. `hard`: an unknown state is refused too; needs a source.',
      ),
    depth: z
      .enum(['leaf', 'chain'])
      .default('chain')
      .describe('Which certificates of a path need an answer: the client’s only, or all but the anchor.'),
    crl: z
      .array(
        z
          .string()
          .min(1)
          .refine(
            (entry) => !isAddress(entry) || readWebAddress(entry) !== undefined,
            'expected a file, a folder, or an http or https URL without user and password',
          ),
      )
      .default([])
      .describe('CRL files (PEM or DER, one or several lists each), folders of them, or http(s) URLs.'),
    cdp: z.boolean().default(false).describe('Follow the CRL distribution points of certificates.'),
    ocsp: z
      .union([z.boolean(), z.url({ protocol: /^https?$/ })])
      .default(false)
      .describe('Ask the OCSP responder that certificates name, or the one given here.'),
    maxStale: duration.default(0).describe('How long past its nextUpdate a CRL still counts.'),
    allowHosts: z
      .array(allowedHost)
      .default([])
      .describe(
        'Hosts that may be asked for CRLs and OCSP answers that certificates name: `host` or `*.suffix` (one label), at ports 80 and 443, or `host:port`. IP addresses only as they stand here.',
      ),
    order: z
      .array(z.enum(['crl', 'ocsp']))
      .min(1)
      .refine((sources) => new Set(sources).size === sources.length, 'expected each source once')
      .default(['crl', 'ocsp'])
      .describe('Which source is asked first; the next one only where the one before does not know.'),
    proxy: z
      .url({ protocol: /^http$/, error: 'expected a URL such as http://proxy.example:3128' })
      .refine((url) => !url.includes('@'), 'a proxy with a password is not supported')
      .optional()
      .describe('HTTP proxy for CRLs and OCSP. The variables of the environment are not read.'),
    timeLimit: timeLimit.default(2_000).describe('How long a request waits for a CRL or an OCSP answer at most.'),
    maxListBytes: size
      .refine((bytes) => bytes > 0, 'expected a size above 0B')
      .default(100 * 1024 ** 2)
      .describe('Largest CRL taken from a URL. The largest of public authorities have some tens of megabytes.'),
    refresh: timeLimit
      .default(3_600_000)
      .describe(
        'Longest pause until a CRL is fetched from its URL again; earlier when half of what is left until its nextUpdate is over.',
      ),
    ocspMethod: z
      .enum(['post', 'get'])
      .default('post')
      .describe('How OCSP responders are asked. `get` can be cached on the way, and is used for short requests only.'),
    nonce: z
      .boolean()
      .default(false)
      .describe('Send a nonce to OCSP responders (RFC 9654). Many refuse them, as AD CS does.'),
  })
  .describe('Whether certificates may have been revoked, and who says so.');

export type RevocationOptions = z.output<typeof revocationOptions>;
