// What ends soon, of whatever kind: what the log warns of.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { ENDING_KINDS, type Ending } from '../../expiry/ending.ts';
import { DAY_MS, daysUntil } from '../../model/clock.ts';
import { limit, moment } from '../fields.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';

const ending = z.object({
  kind: z.enum(ENDING_KINDS),
  name: z.string().describe('Hosts, a name by RFC 4514, or an account.'),
  trust: z.string().optional().describe('The trust store that it belongs to.'),
  from: moment,
  until: moment,
  daysLeft: z.int().describe('Negative: it is over.'),
  details: z.record(z.string(), z.string()).describe('What else tells which one it is.'),
});

export function endingRoutes({ clock, endings }: Sources): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/expiring',
      role: 'viewer',
      summary: 'What ends: certificates, lists, permissions, certificates of clients; the first end first.',
      query: z.strictObject({
        days: z.coerce.number().int().min(0).max(36_500).default(30).describe('What ends within so many days.'),
        kind: z.enum(ENDING_KINDS).optional(),
        limit,
      }),
      answer: z.object({ expiring: z.array(ending) }),
      async handle({ query: { days, kind, limit } }) {
        const now = clock();
        const until = now + days * DAY_MS;
        let found: Ending[] = [];
        for await (const part of endings(until)) {
          const wanted = part.filter((each) => each.endsAt <= until && (kind === undefined || each.kind === kind));
          found = [...found, ...wanted].sort((a, b) => a.endsAt - b.endsAt).slice(0, limit);
          // A large inventory is read in many parts, and requests have their turn in between.
          await nextTurn();
        }
        return { expiring: found.map((each) => describe(each, now)) };
      },
    }),
  ];
}

function describe({ kind, name, trust, beginsAt: from, endsAt: until, details = {} }: Ending, now: number) {
  const told = Object.entries(details).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { kind, name, trust, from, until, daysLeft: daysUntil(until, now), details: Object.fromEntries(told) };
}
