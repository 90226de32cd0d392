// How is the gateway?

import { z } from 'zod';
import { moment } from '../fields.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';
import { configurationProblem } from './reload.ts';

const answer = z.object({
  version: z.string(),
  node: z.string(),
  state: z.enum(['starting', 'ready', 'stopping']),
  startedAt: moment,
  generation: z.int().describe('Counts up with every reload and with every change of what is known.'),
  configuration: z.string().describe('The main file.'),
  listeners: z.array(z.object({ address: z.string(), port: z.int() })),
  connections: z.int().describe('Open client connections.'),
  reload: z.object({
    outcome: z.enum(['none', 'done', 'failed']),
    at: moment.optional(),
    problems: z.array(configurationProblem).describe('Why it failed: the first 20.'),
  }),
  directory: z
    .object({ state: z.enum(['fresh', 'stale', 'unavailable']), generation: z.int().optional() })
    .optional()
    .describe('The directory of clients; left out where there is none.'),
});

export function statusRoutes({ status }: Sources): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/status',
      role: 'viewer',
      summary: 'How the gateway is: version, state, listeners, last reload, directory.',
      answer,
      handle: () => status(),
    }),
  ];
}
