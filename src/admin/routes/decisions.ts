// What was decided lately, and what is decided now?

import { z } from 'zod';
import type { RecentDecision } from '../../decision/recent-decisions.ts';
import { REASONS, type ReasonCode } from '../../model/reasons.ts';
import { foldAscii, matchesWildcard, toPrintable } from '../../model/text.ts';
import { parseCertificate } from '../../x509/certificate.ts';
import { Malformed } from '../../x509/malformed.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { limit, moment, pattern } from '../fields.ts';
import { createLive } from '../live.ts';
import { type AnyRoute, defineRoute, defineStream } from '../route.ts';
import type { Sources } from '../sources.ts';

const filter = z.strictObject({
  account: pattern.optional(),
  code: z
    .enum(Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]])
    .optional()
    .describe('Code of the refusal.'),
  host: pattern.optional().describe('With wildcards; case does not count.'),
  path: pattern.optional(),
  requestId: z.string().min(1).max(128).optional().describe('The id that the refusal and the log tell.'),
  decision: z.enum(['allow', 'deny']).optional(),
});

/** The fields of the log line of the same request, and of the certificate that was read. */
export const decisionAnswer = z.object({
  number: z.int().describe('Counts all requests of the process.'),
  at: moment,
  requestId: z.string(),
  clientAddress: z.string(),
  host: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int().describe('0: broken off without an answer.'),
  ms: z.number(),
  decision: z.enum(['allow', 'deny']),
  code: z.string().optional(),
  check: z.string().optional(),
  note: z.string().optional(),
  rule: z.string().optional(),
  account: z.string().optional(),
  reportOnly: z.string().optional(),
  verdictFrom: z.string().optional(),
  tls: z.string().optional(),
  subject: z.string().optional(),
  issuer: z.string().optional(),
  serial: z.string().optional(),
  fingerprint: z.string().optional(),
});

export function decisionRoutes(sources: Sources): AnyRoute[] {
  const { recent, catchUp } = sources;
  const live = createLive(sources);
  return [
    defineRoute({
      method: 'GET',
      path: '/decisions',
      role: 'viewer',
      summary: 'The last requests and what was decided, the newest first. `admin.limits.decisions` of them are kept.',
      query: filter.extend({ limit }),
      answer: z.object({ decisions: z.array(decisionAnswer) }),
      async handle({ query: { limit, ...wanted } }) {
        await catchUp();
        return { decisions: recent.find((decision) => isWanted(decision, wanted), limit).map(describeDecision) };
      },
    }),
    defineStream({
      path: '/decisions/live',
      role: 'viewer',
      summary: 'The same as they happen, as server-sent events: `decision`, and `skipped` where there were too many.',
      query: filter,
      open: ({ query }, stream) =>
        live.follow({
          ...stream,
          isWanted: (decision) => isWanted(decision, query),
          write: (decision) => JSON.stringify(decisionAnswer.parse(describeDecision(decision))),
        }),
    }),
  ];
}

function isWanted(decision: RecentDecision, wanted: z.output<typeof filter>): boolean {
  const { account, code, host, path, requestId } = wanted;
  return (
    (code === undefined || decision.code === code) &&
    (requestId === undefined || decision.requestId === requestId) &&
    (wanted.decision === undefined || decision.decision === wanted.decision) &&
    (account === undefined || (decision.account !== undefined && matchesWildcard(account, decision.account))) &&
    (host === undefined || matchesWildcard(foldAscii(host), foldAscii(decision.host))) &&
    (path === undefined || matchesWildcard(path, pathOf(decision)))
  );
}

/** Without a query, which may hold secrets. */
function pathOf({ path }: RecentDecision): string {
  return path.split('?', 1)[0] ?? '';
}

export function describeDecision(decision: RecentDecision): z.input<typeof decisionAnswer> {
  const { evidence, host, note, ms, ...rest } = decision;
  return {
    ...rest,
    host: toPrintable(host),
    path: toPrintable(pathOf(decision)),
    note: note === undefined ? undefined : toPrintable(note),
    ms: Math.round(ms * 100) / 100,
    tls: evidence?.tlsVersion,
    ...certificateOf(decision),
  };
}

/** Read only for those that are shown: of most requests nobody asks. */
function certificateOf({ evidence }: RecentDecision): Partial<z.input<typeof decisionAnswer>> {
  if (evidence?.leaf === undefined) return {};
  try {
    const { subject, issuer, serial, fingerprint } = parseCertificate(evidence.leaf, evidence.leaf.length);
    return {
      subject: toPrintable(formatRfc4514(subject)),
      issuer: toPrintable(formatRfc4514(issuer)),
      serial,
      fingerprint,
    };
  } catch (error) {
    if (error instanceof Malformed) return {};
    throw error;
  }
}
