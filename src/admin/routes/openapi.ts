// The document of the API as a route of its own.

import { z } from 'zod';
import { createDocument } from '../openapi.ts';
import { type AnyRoute, defineRoute } from '../route.ts';
import type { Sources } from '../sources.ts';

/** `others`: the routes that it tells of, beside itself. */
export function documentRoute({ version }: Pick<Sources, 'version'>, others: readonly AnyRoute[]): AnyRoute {
  const route: AnyRoute = defineRoute({
    method: 'GET',
    path: '/openapi.json',
    role: 'viewer',
    summary: 'This document.',
    answer: z.record(z.string(), z.unknown()),
    handle: () => ({ ...createDocument([...others, route], version) }),
  });
  return route;
}
