// Kinds of field that several routes share.

import { z } from 'zod';

/** A moment: ms inside, RFC 3339 outside. */
export const moment = z
  .number()
  .transform((ms) => new Date(ms).toISOString())
  .meta({ format: 'date-time' });

/** For the audit: a change without a reason is none that anybody could undo later. */
export const why = z.string().trim().min(1).max(4_096).describe('Why, for the audit.');
