// Everything that the API can do.

import type { AnyRoute } from './route.ts';
import { blockRoutes } from './routes/blocks.ts';
import { certificateRoutes } from './routes/certificates.ts';
import { clientRoutes } from './routes/clients.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { endingRoutes } from './routes/endings.ts';
import { explainRoutes } from './routes/explain.ts';
import { documentRoute } from './routes/openapi.ts';
import { reloadRoutes } from './routes/reload.ts';
import { siteRoutes } from './routes/sites.ts';
import { statusRoutes } from './routes/status.ts';
import { trafficRoutes } from './routes/traffic.ts';
import type { Sources } from './sources.ts';

export function createRoutes(sources: Sources): AnyRoute[] {
  const routes = [
    ...statusRoutes(sources),
    ...siteRoutes(sources),
    ...decisionRoutes(sources),
    ...explainRoutes(sources),
    ...certificateRoutes(sources),
    ...endingRoutes(sources),
    ...trafficRoutes(sources),
    ...clientRoutes(sources),
    ...blockRoutes(sources),
    ...reloadRoutes(sources),
  ];
  return [...routes, documentRoute(sources, routes)];
}
