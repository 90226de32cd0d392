// portcullis report: who would be refused if what is only reported were enforced?

import { Command } from 'commander';
import type { Configuration } from '../../config/load.ts';
import { pagesOf } from '../../directory/traffic-store.ts';
import { DAY_MS, systemClock } from '../../model/clock.ts';
import { matchesWildcard } from '../../model/text.ts';
import type { ReportEntry } from '../../model/traffic.ts';
import { compilePolicy } from '../../policy/compile.ts';
import { authoritiesOf } from '../../trust/trust-store.ts';
import { configOption, loadOrReport } from '../config-file.ts';
import { toJson } from '../directory-text.ts';
import { readLoggedReports } from '../logged-reports.ts';
import { readDays } from '../pki-arguments.ts';
import { describeRules, rulesToText, ruleToPlain } from '../report-text.ts';
import { useDirectory } from '../use-directory.ts';

const HELP = `
What \`reportOnly\` would have done with requests that were allowed, by rule: who would have been refused, how often, and
why. From the database of the directory; or, with --log, from what a gateway has written, - for standard input.

Example:
  portcullis report --days 7
`;

interface ReportOptions {
  readonly config: string;
  readonly rule?: string;
  readonly days: number;
  readonly log?: string;
  readonly json?: boolean;
}

export function reportCommand(finish: (exitCode: number) => void): Command {
  return new Command('report')
    .description('Show who would be refused if report-only rules were enforced.')
    .addOption(configOption())
    .option('--rule <pattern>', 'only rules of this name, such as localhost/orders; * and ? stand for other characters')
    .option('--days <days>', 'only what came within so many days', readDays, 30)
    .option('--log <file>', 'read it from the log of a gateway')
    .option('--json', 'write it as JSON')
    .addHelpText('after', HELP)
    .action(async (options: ReportOptions) => {
      finish(await (options.log === undefined ? reportKept(options) : reportLogged(options.log, options)));
    });
}

async function reportLogged(log: string, options: ReportOptions): Promise<number> {
  const configuration = await loadOrReport(options.config);
  if (configuration === undefined) return 1;
  write(configuration, await readLoggedReports(log), options);
  return 0;
}

function reportKept(options: ReportOptions): Promise<number> {
  return useDirectory(options, async ({ store, configuration }) => {
    const entries: ReportEntry[] = [];
    for await (const page of pagesOf<ReportEntry>((page) => store.readReports(page))) entries.push(...page);
    write(configuration, entries, options);
    return 0;
  });
}

function write(configuration: Configuration, entries: readonly ReportEntry[], options: ReportOptions): void {
  const { rule: pattern = '*', days, json } = options;
  const since = systemClock() - days * DAY_MS;
  const reports = describeRules(
    rulesOf(configuration),
    entries.filter(({ lastAt }) => lastAt >= since),
  ).filter(({ rule }) => matchesWildcard(pattern, rule));
  process.stdout.write(json ? toJson(reports.map(ruleToPlain)) : rulesToText(reports));
}

/** Names of the rules that are report-only today. */
function rulesOf({ settings, trustStores }: Configuration): readonly string[] {
  const { policy } = compilePolicy(settings.sites, (name) => {
    const loaded = trustStores.get(name);
    return loaded === undefined ? [] : authoritiesOf(loaded.store);
  });
  const rules = policy.sites.flatMap((site) => site.rules);
  return rules.filter(({ reportOnly }) => reportOnly !== undefined).map(({ id }) => id);
}
