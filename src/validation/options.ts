// Options of certificate validation. They are part of a verdict's key: changing one forgets every verdict.

import { z } from 'zod';
import { duration, size } from '../model/options.ts';
import { ANY_POLICY } from '../x509/policies.ts';

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
      .describe(
        'Most signatures checked for one verdict, over all paths tried (rustls-webpki: 100). One by a key of P-384 counts as 2, of P-521 or RSA above 4096 bits as 5: they take that much longer.',
      ),
    maxIssuerTries: z
      .int()
      .min(32)
      .max(200_000)
      .default(5000)
      .describe(
        'Most issuers tried for one verdict, over all paths: what has a known signature costs little, but paths multiply where authorities sign each other (rustls-webpki: 200,000).',
      ),
    maxNameComparisons: z
      .int()
      .min(1000)
      .max(10_000_000)
      .default(250_000)
      .describe(
        'Most comparisons of a name with a name constraint for one verdict, over all paths tried (rustls-webpki: 250,000).',
      ),
    maxCertificateBytes: size
      .default(16 * 1024)
      .describe(
        'Largest certificate read of a client: some 600 names fit. OpenSSL takes 100 KiB in a handshake, and a stranger could make each of them cost.',
      ),
    policies: z
      .array(z.string().regex(/^[0-2](\.(0|[1-9]\d*))+$/, 'expected a dotted OID'))
      .min(1)
      .default([ANY_POLICY])
      .describe(
        'Certificate policies of which one must hold along the whole path, as the anchor names them (user-initial-policy-set of RFC 5280 6.1.1 (c)). The default is anyPolicy: whichever it is.',
      ),
    requireExplicitPolicy: z
      .boolean()
      .optional()
      .describe(
        'Whether a path without an acceptable policy is refused (initial-explicit-policy). Left out: yes where `policies` names some. With `false` only an authority can demand one, as RFC 5280 has it, and `policies` says which are acceptable then.',
      ),
    inhibitPolicyMapping: z
      .boolean()
      .default(false)
      .describe('Whether a policy ends where an authority maps it to another (initial-policy-mapping-inhibit).'),
    inhibitAnyPolicy: z
      .boolean()
      .default(false)
      .describe(
        'Whether anyPolicy in a certificate below the anchor stands for no policy (initial-any-policy-inhibit).',
      ),
  })
  .describe('Checks on client certificates and their issuers.');

export type ValidationOptions = z.output<typeof validationOptions>;
