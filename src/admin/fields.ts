// Kinds of field that several routes share.

import { z } from 'zod';
import { canonicalFingerprint, canonicalSerial } from '../model/text.ts';

/** A moment that is told: ms inside, RFC 3339 outside. */
export const moment = z
  .number()
  .transform((ms) => new Date(ms).toISOString())
  .pipe(z.iso.datetime());

/** A moment that is given: RFC 3339 outside, ms inside. */
export const givenMoment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** For the audit: of a change without a reason nobody could say later whether to undo it. */
export const why = z.string().trim().min(1).max(4_096).describe('Why, for the audit.');

/** What is meant by it is checked where it counts. */
export const name = z.string().min(1).max(256);

export const pattern = z.string().min(1).max(1_024).describe('`*` and `?` stand for other characters.');

export const digest = z
  .string()
  .max(200)
  .refine((text) => canonicalFingerprint(text) !== undefined, 'expected a SHA-256 digest of 64 hexadecimal digits')
  .transform((text) => canonicalFingerprint(text) ?? '');

export const serialNumber = z
  .string()
  .max(200)
  .refine((text) => canonicalSerial(text) !== undefined, 'expected a serial number in hexadecimal, such as 0A1B2C')
  .transform((text) => canonicalSerial(text) ?? '');

const MOST_LISTED = 1_000;

export const limit = z.coerce.number().int().min(1).max(MOST_LISTED).default(100).describe('How many at most.');
