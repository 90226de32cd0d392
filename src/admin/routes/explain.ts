// How would a request be decided now, step by step?

import { z } from 'zod';
import { explanationToJson } from '../../decision/explanation-json.ts';
import { readPem } from '../given-certificate.ts';
import type { Problem } from '../problems.ts';
import { isProblem, problem } from '../problems.ts';
import { defineRoute, type Route } from '../route.ts';
import type { ExplainRequest, Sources } from '../sources.ts';
import { decisionAnswer, describeDecision } from './decisions.ts';

const step = z.object({ step: z.string(), outcome: z.string(), note: z.string() });

const answer = z.object({
  at: z.string(),
  allowed: z.boolean(),
  code: z.string().optional(),
  check: z.string().optional(),
  note: z.string().optional(),
  httpStatus: z.int().optional(),
  substatus: z.string().optional(),
  windows: z.unknown().optional().describe('The names that Windows has for it.'),
  request: z.array(step).describe('How the address leads to a rule.'),
  trust: z.array(z.record(z.string(), z.unknown())).describe('Each trust store with the path and its checks.'),
  conclusion: z.array(step),
  recorded: decisionAnswer.optional().describe('What was decided at the time, for a request that is named by its id.'),
});

const body = z.union([
  z.strictObject({
    url: z
      .string()
      .regex(/^https:\/\/[^/?#]/i, 'expected an address that begins with https://')
      .max(16_384),
    certificate: z
      .string()
      .optional()
      .describe('The client certificate, and what it sends behind it (PEM); left out: none.'),
  }),
  z.strictObject({ requestId: z.string().min(1).max(128).describe('A recent request.') }),
]);

type Body = z.output<typeof body>;

export function explainRoutes(sources: Sources): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/explain',
      role: 'viewer',
      summary: 'How a request is decided now, step by step: of an address and a certificate, or of a recent request.',
      body,
      answer,
      async handle({ body }) {
        await sources.catchUp();
        const found = findRequest(body, sources);
        if (isProblem(found)) return found;
        const { recorded, ...request } = found;
        const explanation = explanationToJson(await sources.explain(request)) as z.input<typeof answer>;
        return { ...explanation, ...(recorded && { recorded }) };
      },
    }),
  ];
}

interface FoundRequest extends ExplainRequest {
  readonly recorded?: z.input<typeof decisionAnswer>;
}

function findRequest(body: Body, { recent }: Sources): FoundRequest | Problem {
  if ('url' in body) {
    const certificates = body.certificate === undefined ? [] : readPem(body.certificate);
    return isProblem(certificates) ? certificates : { url: body.url, certificates: certificates.map(({ der }) => der) };
  }
  const [decision] = recent.find(({ requestId }) => requestId === body.requestId, 1);
  if (decision === undefined) return problem('not-found', 'No such request is among the last ones.');
  const { evidence, host, path } = decision;
  return {
    url: `https://${host}${path}`,
    certificates: evidence?.leaf === undefined ? [] : [evidence.leaf, ...evidence.presented],
    recorded: describeDecision(decision),
  };
}
