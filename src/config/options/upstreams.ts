// Options of the services behind the gateway.

import { z } from 'zod';
import { identityHeadersOptions } from '../../headers/options.ts';
import { filePath, timeLimit } from '../../model/options.ts';
import { upstreamTokenOptions } from '../../token/options.ts';

export const upstreamOptions = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https URL such as http://127.0.0.1:9000' })
      .describe('Scheme, host and port of the service; a path is put before every request’s.'),
    protocol: z
      .enum(['http1', 'http2'])
      .default('http1')
      .describe('`http2` for services of gRPC: by prior knowledge where `url` is http, by ALPN where it is https.'),
    host: z
      .string()
      .min(1)
      .default('preserve')
      .describe('The Host header it gets: `preserve` for the client’s, or a name.'),
    identityHeaders: identityHeadersOptions,
    stripPrefix: z
      .string()
      .startsWith('/')
      .optional()
      .describe('Path prefix (whole segments) taken off before a request is passed on.'),
    ca: z
      .union([z.literal('system'), filePath])
      .optional()
      .describe(
        'Authorities that vouch for an https service: a file, or `system` for the public ones. Required for https.',
      ),
    cert: filePath.optional().describe('Certificate that the gateway shows to the service.'),
    key: filePath.optional().describe('Its private key.'),
    serverName: z
      .string()
      .min(1)
      .optional()
      .describe('Name expected in the service’s certificate; left out: the host of `url`.'),
    maxConnections: z.int().min(1).default(4096).describe('Most connections to it at a time; further requests wait.'),
    token: upstreamTokenOptions.optional(),
    timeouts: z
      .strictObject({
        connect: timeLimit.default(5_000).describe('To make a connection.'),
        answer: timeLimit
          .default(60_000)
          .describe('From the end of the request to the head of the answer (nginx: 60s).'),
        idle: timeLimit
          .default(300_000)
          .describe('Between two parts of an answer, or of a WebSocket in both directions.'),
        keepAlive: timeLimit
          .default(4_000)
          .describe('How long an unused connection is kept; shorter than the service keeps it.'),
      })
      .prefault({}),
  })
  .describe('A service behind the gateway.');

export type UpstreamOptions = z.output<typeof upstreamOptions>;
