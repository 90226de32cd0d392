// The whole configuration as one schema: joins the options of each room.

import { z } from 'zod';
import { cacheOptions } from '../cache/options.ts';
import { directoryOptions } from '../directory/options.ts';
import { expiryOptions } from '../expiry/options.ts';
import { mappingsOptions } from '../policy/mapping/options.ts';
import { siteOptions } from '../policy/options.ts';
import { revocationOptions } from '../revocation/options.ts';
import { tokenOptions } from '../token/options.ts';
import { trustOptions } from '../trust/options.ts';
import { validationOptions } from '../validation/options.ts';
import { adminOptions } from './options/admin.ts';
import {
  certificateOptions,
  limitsOptions,
  listenerOptions,
  logOptions,
  probesOptions,
  refusalOptions,
  reloadOptions,
  shutdownOptions,
  ticketsOptions,
  timeoutsOptions,
  workersOption,
} from './options/server.ts';
import { upstreamOptions } from './options/upstreams.ts';

export const trustStoreOptions = trustOptions
  .extend({ revocation: revocationOptions.optional().describe('Revocation; left out: off, and `check` says so.') })
  .describe('A trust store: anchors, intermediates and revocation sources.');

export type TrustStoreOptions = z.output<typeof trustStoreOptions>;

export const configurationSchema = z.strictObject({
  version: z.literal(1).describe('Version of this format: 1.'),
  include: z
    .array(z.string().min(1))
    .default([])
    .describe('Further files, with wildcards; their lists are added to those here.'),
  listeners: z.array(listenerOptions).min(1).describe('Where clients connect.'),
  certificates: z.array(certificateOptions).min(1).describe('Server certificates.'),
  trust: z.record(z.string().min(1), trustStoreOptions).default({}).describe('Trust stores by name.'),
  upstreams: z.record(z.string().min(1), upstreamOptions).default({}).describe('Services by name.'),
  sites: z
    .array(siteOptions(trustStoreOptions, upstreamOptions))
    .min(1)
    .describe('Hosts, and the rules for the paths under them.'),
  cache: cacheOptions.prefault({}),
  validation: validationOptions.prefault({}),
  token: tokenOptions.optional(),
  trustedProxies: z
    .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
    .default([])
    .describe(
      'Addresses or networks whose X-Forwarded-For, -Proto, -Host and X-Request-Id are believed and continued.',
    ),
  limits: limitsOptions.prefault({}),
  timeouts: timeoutsOptions.prefault({}),
  reload: reloadOptions.prefault({}),
  shutdown: shutdownOptions.prefault({}),
  tickets: ticketsOptions.prefault({}),
  refusal: refusalOptions.prefault({}),
  log: logOptions.prefault({}),
  probes: probesOptions.optional(),
  directory: directoryOptions.optional(),
  expiry: expiryOptions.prefault({}),
  mappings: mappingsOptions.default([]),
  admin: adminOptions.optional(),
  workers: workersOption,
});

/** The configuration after defaults: durations in milliseconds, sizes in bytes, digests canonical. */
export type Settings = z.output<typeof configurationSchema>;
export type SiteSettings = Settings['sites'][number];
export type UpstreamSettings = Settings['upstreams'][string];
