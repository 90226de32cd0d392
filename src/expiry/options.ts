// Options of the expiry watch: who is told besides the log.

import { z } from 'zod';
import { DAY_MS } from '../model/clock.ts';
import { duration, filePath } from '../model/options.ts';

export const expiryOptions = z
  .strictObject({
    header: z
      .boolean()
      .default(false)
      .describe('Tell a client in its answers when its certificate ends: `portcullis-certificate-expires`.'),
    headerWithin: duration.default(30 * DAY_MS).describe('From how long before the end.'),
    webhook: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
          .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'expected no user or password')
          .describe('Where warnings are posted to.'),
        secretFile: filePath.describe(
          'File with the secret that signs what is posted: at least 24 bytes of text, or `whsec_` and base64. Not readable by everyone.',
        ),
        ca: z
          .union([z.literal('system'), filePath])
          .default('system')
          .describe('Authorities that vouch for an https server: a file, or `system` for the public ones.'),
      })
      .optional()
      .describe('Told of what ends, as JSON, signed as Standard Webhooks has it.'),
  })
  .describe('Warnings before something ends.');

export type ExpiryOptions = z.output<typeof expiryOptions>;
