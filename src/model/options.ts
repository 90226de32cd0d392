// The kinds of scalar that options are made of, as zod schemas. Each room's options.ts is built from these.

import { z } from 'zod';
import { canonicalFingerprint, canonicalSerial, parseDuration, parseSize } from './text.ts';

/** A span of time as text (`30s`); milliseconds in the checked object. */
export const duration = z
  .string()
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'expected a span of time such as 500ms, 30s, 5m, 12h or 7d')
  .transform((text) => parseDuration(text) ?? 0);

/** As long as a timer of Node can be: 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A time limit: a span of time that a timer can wait, and not none. */
export const timeLimit = duration.refine(
  (ms) => ms > 0 && ms <= LONGEST_TIMER_MS,
  'expected a time limit from 1ms to 24d',
);

/** A size as text (`16KiB`); bytes in the checked object. */
export const size = z
  .string()
  .regex(/^\d{1,9}(B|KiB|MiB|GiB)$/, 'expected a size such as 512B, 16KiB, 10MiB or 1GiB')
  .transform((text) => parseSize(text) ?? 0);

/** A serial number: hexadecimal text, quoted in YAML; canonical (`0A1B2C`) in the checked object. */
export const serial = z.string().transform((text, context) => {
  const canonical = canonicalSerial(text);
  if (canonical !== undefined) return canonical;
  context.addIssue({ code: 'custom', message: 'expected a serial number in hexadecimal, such as "0A1B2C"' });
  return z.NEVER;
});

/** A SHA-256 digest: 64 hex digits in any usual spelling; lower case without separators in the checked object. */
export const sha256 = z.string().transform((text, context) => {
  const canonical = canonicalFingerprint(text);
  if (canonical !== undefined) return canonical;
  context.addIssue({ code: 'custom', message: 'expected a SHA-256 digest of 64 hexadecimal digits' });
  return z.NEVER;
});

/** A path in the file system, relative to the configuration file that names it. */
export const filePath = z.string().min(1).meta({ format: 'path' });
