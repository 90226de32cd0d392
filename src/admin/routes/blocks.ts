// What is blocked; and who has changed what in the directory, and why.

import { z } from 'zod';
import { findBlockTarget } from '../../directory/block-target.ts';
import type { Block, BlockMatch } from '../../model/client.ts';
import { applyChange, withDirectory } from '../change.ts';
import { givenMoment, limit, moment, name, why } from '../fields.ts';
import { chooseCredential, givenCertificate } from '../given-certificate.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';
import { match } from './match.ts';

const block = z.object({
  id: z.string(),
  match,
  reason: z.string(),
  until: moment.optional().describe('Left out: until it is undone.'),
  holds: z.boolean().describe('false: its end has come.'),
  createdAt: moment,
  createdBy: z.string(),
});

const entry = z.object({
  at: moment,
  actor: z.string(),
  action: z.string(),
  subject: z.string().describe('Name of the account, or id.'),
  why: z.string(),
  detail: z.unknown(),
  generation: z.int(),
});

const target = z
  .union([
    z.strictObject({ account: name, reason: why, until: givenMoment.optional() }),
    z.strictObject({ certificate: givenCertificate, reason: why, until: givenMoment.optional() }),
  ])
  .describe('An account with all its certificates, or a certificate.');

const identified = z.object({ id: z.string().min(1).max(256) });

export function blockRoutes(sources: Sources): Route[] {
  const { clock } = sources;
  return [
    defineRoute({
      method: 'GET',
      path: '/blocks',
      role: 'viewer',
      summary: 'What is blocked, the newest first.',
      query: z.strictObject({
        all: z.enum(['true', 'false']).default('false').describe('Also those that ended.'),
        limit,
      }),
      answer: z.object({ blocks: z.array(block) }),
      handle: ({ query }) =>
        withDirectory(sources, async (store) => {
          const now = clock();
          const blocks: (Block & { holds: boolean })[] = [];
          await store.load(undefined, (batch) => {
            for (const each of batch.blocks) blocks.push({ ...each, holds: now <= (each.until ?? Infinity) });
          });
          const wanted = blocks.filter(({ holds }) => holds || query.all === 'true');
          return { blocks: wanted.sort((a, b) => b.createdAt - a.createdAt).slice(0, query.limit) };
        }),
    }),
    defineRoute({
      method: 'POST',
      path: '/blocks',
      role: 'operator',
      summary: 'Blocks an account or a certificate, on every gateway within a second, open streams included.',
      body: target,
      status: 201,
      answer: z.object({ id: z.string() }),
      async handle({ body, actor }) {
        const { reason, until } = body;
        if (until !== undefined && until < clock()) return problem('invalid', 'until: it is over already.');
        const found = await findMatch(body, sources);
        if (isProblem(found)) return found;
        const change = { do: 'add-block', match: found, reason, ...(until !== undefined && { until }) } as const;
        const outcome = await applyChange({ actor, why: reason, change }, sources);
        return isProblem(outcome) ? outcome : { id: outcome.made[0]?.[0] ?? '' };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/blocks/{id}',
      role: 'operator',
      summary: 'Undoes a block.',
      params: identified,
      body: z.strictObject({ why }),
      answer: identified,
      async handle({ params: { id }, body: { why }, actor }) {
        const outcome = await applyChange({ actor, why, change: { do: 'remove-block', id } }, sources);
        return isProblem(outcome) ? outcome : { id };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/history',
      role: 'viewer',
      summary: 'Who has changed what in the directory, and why, the newest first.',
      query: z.strictObject({
        before: z.coerce.number().int().min(0).optional().describe('Only what is older than this generation.'),
        limit,
      }),
      answer: z.object({ changes: z.array(entry) }),
      handle: ({ query: { limit, before } }) =>
        withDirectory(sources, async (store) => {
          const entries = await store.readAudit({ limit, ...(before !== undefined && { before }) });
          return { changes: entries.map((each) => ({ ...each, detail: JSON.parse(each.detail) as unknown })) };
        }),
    }),
  ];
}

async function findMatch(body: z.output<typeof target>, sources: Sources): Promise<BlockMatch | Problem> {
  if ('account' in body) return { kind: 'account', account: body.account };
  const chosen = await chooseCredential(body.certificate, sources);
  if (isProblem(chosen)) return chosen;
  const found = await withDirectory(sources, (store) => findBlockTarget(chosen, store));
  if (isProblem(found)) return found;
  if (!('flaw' in found)) return found.match;
  return found.account === undefined
    ? problem('not-found', 'No certificate with this fingerprint is known, nor was one seen: give it as `pem`.')
    : problem(
        'conflict',
        `It was never seen, and its holder can change its fingerprint: give it as \`pem\`, or block the account ${found.account}.`,
      );
}
