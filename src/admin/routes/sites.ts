// Which rules are in force, and where does each setting come from?

import { z } from 'zod';
import type { Configuration } from '../../config/load.ts';
import { type RulePlace, rulesOfSite } from '../../config/rules.ts';
import { formatPath } from '../../config/source.ts';
import { foldAscii, matchesWildcard } from '../../model/text.ts';
import { limit, pattern } from '../fields.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';

/** Keys that a rule takes from those around it, with what holds where nobody says anything. */
const INHERITED = {
  clientCertificate: 'require',
  account: 'optional',
  trust: undefined,
  upstream: undefined,
  allow: undefined,
  deny: undefined,
  onRefusal: 'respond',
  reportOnly: undefined,
} as const;

const setting = z.object({
  key: z.string(),
  value: z.unknown(),
  from: z
    .object({ path: z.string(), file: z.string(), line: z.int() })
    .optional()
    .describe('Where it is said; left out: nowhere, it is the default.'),
});

const siteAnswer = z.object({
  name: z.string().describe('What log and metrics call it.'),
  hosts: z.array(z.string()),
  rules: z.array(z.object({ path: z.string(), settings: z.array(setting) })),
});

export function siteRoutes({ configuration }: Pick<Sources, 'configuration'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/sites',
      role: 'viewer',
      summary: 'The sites and rules in force, and for each setting where it comes from.',
      query: z.strictObject({ host: pattern.optional(), limit }),
      answer: z.object({ sites: z.array(siteAnswer) }),
      handle({ query: { host, limit } }) {
        const current = configuration();
        const found = [...current.settings.sites.entries()].filter(
          ([, { hosts }]) =>
            host === undefined || hosts.some((each) => matchesWildcard(foldAscii(host), foldAscii(each))),
        );
        return { sites: found.slice(0, limit).map(([index]) => describeSite(current, index)) };
      },
    }),
  ];
}

function describeSite({ settings, placeOf }: Configuration, index: number): z.input<typeof siteAnswer> {
  const site = settings.sites[index];
  if (site === undefined) throw new Error(`no site ${index}`);
  const rules = rulesOfSite(site, index);
  const paths = new Map(rules.map(({ rule, path }) => [rule, path]));
  const describeRule = ({ path, rule, around }: RulePlace) => ({
    path: path.length === 2 ? '/' : String(path.at(-1)),
    settings: Object.entries(INHERITED).flatMap(([key, fallback]): z.input<typeof setting>[] => {
      const sayer = [rule, ...around].find((each) => each[key as keyof typeof INHERITED] !== undefined);
      const at = sayer && paths.get(sayer);
      if (sayer === undefined || at === undefined) return fallback === undefined ? [] : [{ key, value: fallback }];
      const { file, line } = placeOf([...at, key]);
      return [{ key, value: sayer[key as keyof typeof INHERITED], from: { path: formatPath(at), file, line } }];
    }),
  });
  return { name: site.hosts[0] ?? '*', hosts: [...site.hosts], rules: rules.map(describeRule) };
}
