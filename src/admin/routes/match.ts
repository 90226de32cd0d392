// How is told what a certificate is known by, or what a block is of?

import { z } from 'zod';

export const match = z.union([
  z.object({ kind: z.literal('issuer-serial'), issuerSpki: z.string(), serial: z.string() }),
  z.object({ kind: z.literal('spki'), spki: z.string() }),
  z.object({ kind: z.literal('tbs'), tbs: z.string() }),
  z.object({ kind: z.literal('fingerprint'), fingerprint: z.string() }),
  z.object({ kind: z.literal('account'), account: z.string() }),
]);
