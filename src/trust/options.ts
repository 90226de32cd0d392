// Options of one trust store.

import { z } from 'zod';
import { filePath } from '../model/options.ts';

/** What the trust room reads of a trust store's options; `revocation` is joined to it by the room config. */
export const trustOptions = z.strictObject({
  anchors: z
    .array(filePath)
    .min(1)
    .describe(
      'Files (PEM, DER or PKCS#7, one or many certificates) or folders of them. Self-signed ones become anchors, others intermediates.',
    ),
  partialChain: z
    .boolean()
    .default(false)
    .describe(
      'Take certificates of `anchors` that are not self-signed as anchors too, so that a path may end at them.',
    ),
});

export type TrustOptions = z.output<typeof trustOptions>;
