// Options of certificate validation. They are part of a verdict's key: changing one forgets every verdict.

import { z } from 'zod';
import { duration, size } from '../model/options.ts';

export const validationOptions = z
  .strictObject({
    minRsaBits: z
      .int()
      .min(1024)
      .max(16384)
      .default(2048)
      .describe('Smallest RSA modulus accepted anywhere in a path (NIST SP 800-131A: 2048).'),
    maxRsaBits: z
      .int()
      .min(2048)
      .max(16384)
      .default(8192)
      .describe('Largest RSA modulus accepted: the cost of a check grows with it.'),
    eku: z
      .array(z.string().regex(/^(clientAuth|any|\d+(\.\d+)+)$/, 'expected clientAuth, any or a dotted OID'))
      .min(1)
      .default(['clientAuth'])
      .describe(
        'Extended key usages of which a certificate that has the extension must list one: `clientAuth`, a dotted OID, or `any` for no demand. A certificate without the extension is fit for every use (RFC 5280 4.2.1.12).',
      ),
    skew: duration
      .default(0)
      .describe('How far the clocks of certificate authorities may be off, applied to notBefore and notAfter.'),
    maxPathLength: z
      .int()
      .min(2)
      .max(32)
      .default(10)
      .describe('Most certificates in a path, leaf and anchor included.'),
    maxPresented: z
      .int()
      .min(0)
      .max(64)
      .default(16)
      .describe('Most certificates a client may send behind its own; more are refused.'),
    maxSignatureChecks: z
      .int()
      .min(4)
      .max(1000)
      .default(100)
      .describe('Most signatures checked for one verdict, over all paths tried (rustls-webpki: 100).'),
    maxCertificateBytes: size
      .default(16 * 1024)
      .describe(
        'Largest certificate read of a client: some 600 names fit. OpenSSL takes 100 KiB in a handshake, and a stranger could make each of them cost.',
      ),
  })
  .describe('Checks on client certificates and their issuers.');

export type ValidationOptions = z.output<typeof validationOptions>;
