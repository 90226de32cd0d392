// What the traffic has shown: who has a new certificate in the place of an old one, and whom stricter rules would refuse.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { findRotations } from '../../directory/rotation.ts';
import { pagesOf } from '../../directory/traffic-store.ts';
import { DAY_MS } from '../../model/clock.ts';
import { foldAscii } from '../../model/text.ts';
import type { SeenCertificate } from '../../model/traffic.ts';
import { limit, moment, name } from '../fields.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';
import { describeSeen, seen } from './certificates.ts';

/** Of one account: the latest of a device that gets a new one each day, for a quarter. */
const MOST_OF_ACCOUNT = 100;

const rotation = z.object({
  account: z.string(),
  state: z
    .enum(['not begun', 'under way', 'done'])
    .describe('`under way`: an old one was still seen after a new one had come; `done`: none was.'),
  old: z.array(seen),
  new: z.array(seen),
});

const report = z.object({
  id: z.string(),
  rule: z.string().describe('As the log calls it.'),
  code: z.string().optional().describe('Why it would be refused; left out: it would not.'),
  client: z
    .object({
      fingerprint: z.string(),
      subject: z.string(),
      issuer: z.string(),
      serial: z.string(),
      account: z.string().optional(),
    })
    .optional()
    .describe('Left out where there was no certificate, or one that cannot be told.'),
  address: z.string().describe('Where it came from last.'),
  requests: z.int(),
  firstAt: moment,
  lastAt: moment,
});

export function trafficRoutes(sources: Sources): Route[] {
  const { clock, traffic } = sources;
  return [
    defineRoute({
      method: 'GET',
      path: '/certificates/rotation',
      role: 'viewer',
      summary: 'Accounts with certificates that are to be replaced, by name, and how far each is with that.',
      query: z.strictObject({
        days: z.coerce.number().int().min(0).max(36_500).default(30).describe('What ends within so many days is old.'),
        issuer: z
          .string()
          .min(1)
          .max(1_024)
          .optional()
          .describe('What an authority with this text in its name has issued is old, whenever it ends.'),
        after: name.optional().describe('Only accounts behind this one.'),
        limit,
      }),
      answer: z.object({ rotations: z.array(rotation) }),
      async handle({ query: { days, issuer, after, limit } }) {
        const now = clock();
        const isOld = (each: SeenCertificate) =>
          issuer === undefined
            ? each.notAfter <= now + days * DAY_MS
            : foldAscii(each.issuer).includes(foldAscii(issuer));
        const accounts = await findAccounts(
          sources,
          (each) => isOld(each) && (each.account ?? '') > (after ?? ''),
          limit,
        );
        const all = await Promise.all(
          accounts.map((account) => traffic.readCertificates({ account, limit: MOST_OF_ACCOUNT })),
        );
        const describeAll = (certificates: readonly SeenCertificate[]) =>
          certificates.map((each) => describeSeen(each, now));
        return {
          rotations: findRotations(all.flat(), isOld).map(({ old, fresh, ...each }) => {
            return { ...each, old: describeAll(old), new: describeAll(fresh) };
          }),
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/report-only',
      role: 'viewer',
      summary: 'What report-only rules would have done, for each rule, code and certificate, by id.',
      query: z.strictObject({
        after: name.optional().describe('Only those behind this id, for the next page.'),
        limit,
      }),
      answer: z.object({ reports: z.array(report) }),
      async handle({ query: { after, limit } }) {
        const entries = await traffic.readReports({ limit, ...(after !== undefined && { after: { id: after } }) });
        return {
          reports: entries.map(({ code, count: requests, ...each }) => {
            return { ...each, requests, code: code === '' ? undefined : code };
          }),
        };
      },
    }),
  ];
}

/** The first by name; never all of a large inventory in memory. */
async function findAccounts(
  { traffic }: Sources,
  isWanted: (certificate: SeenCertificate) => boolean,
  limit: number,
): Promise<string[]> {
  let found: string[] = [];
  for await (const page of pagesOf<SeenCertificate>((page) => traffic.readCertificates(page))) {
    const wanted = page.flatMap((each) => (each.account !== undefined && isWanted(each) ? [each.account] : []));
    found = [...new Set([...found, ...wanted])].sort().slice(0, limit);
    // Requests have their turn in between.
    await nextTurn();
  }
  return found;
}
