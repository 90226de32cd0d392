// Options of revocation, set per trust store.

import { z } from 'zod';
import { duration } from '../model/options.ts';

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
      .array(z.string().min(1))
      .default([])
      .describe('CRL files (PEM or DER, one or several lists each), folders of them, or http(s) URLs.'),
    cdp: z.boolean().default(false).describe('Follow the CRL distribution points of certificates.'),
    ocsp: z
      .union([z.boolean(), z.url({ protocol: /^https?$/ })])
      .default(false)
      .describe('Ask the OCSP responder that certificates name, or the one given here.'),
    maxStale: duration.default(0).describe('How long past its nextUpdate a CRL still counts.'),
    allowHosts: z
      .array(z.string().min(1))
      .default([])
      .describe('Hosts that may be asked for CRLs and OCSP answers that certificates name.'),
  })
  .describe('Whether certificates may have been revoked, and who says so.');

export type RevocationOptions = z.output<typeof revocationOptions>;
