// Put the configuration in force as it stands in its files.

import { z } from 'zod';
import { why } from '../fields.ts';
import { problem } from '../problems.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';

export const configurationProblem = z.object({
  severity: z.enum(['error', 'warning']),
  file: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
  path: z.string().optional(),
  message: z.string(),
  remedy: z.string(),
});

export function reloadRoutes({ reload }: Sources): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/reload',
      role: 'operator',
      summary: 'Reads the configuration and every file it names again, as SIGHUP does. A bad one changes nothing.',
      body: z.strictObject({ why }),
      answer: z.object({
        warnings: z.array(configurationProblem),
        needsRestart: z.array(z.string()).describe('Keys whose change counts from the next start on.'),
      }),
      async handle() {
        const { done, problems, needsRestart } = await reload();
        if (done) return { warnings: problems, needsRestart };
        return problem('conflict', 'The new configuration cannot be put in force; the old one is.', problems);
      },
    }),
  ];
}
