// portcullis run: start, reload on SIGHUP, drain on SIGTERM.

import { dirname, join, relative } from 'node:path';
import { Command } from 'commander';
import type { Logger } from 'pino';
import type { ReloadOutcome } from '../../admin/sources.ts';
import { findExposedDevelopmentPki, findForbiddenSettings, LOOPBACK } from '../../app/environment.ts';
import { type Gateway, startGateway } from '../../app/gateway.ts';
import { createLogger } from '../../app/logger.ts';
import { type Configuration, loadConfiguration } from '../../config/load.ts';
import { checkRuntime } from '../../listener/self-check.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import type { Problem } from '../../model/problem.ts';
import { configOption, loadOrReport } from '../config-file.ts';
import { prepareDevelopmentPki } from '../demo/development-pki.ts';
import { startEcho } from '../demo/echo.ts';
import { demoText } from '../demo/text.ts';
import { untilSignal } from '../until-signal.ts';

const EXAMPLE = `
SIGHUP reads the configuration again; a bad one is reported and the old stays in force.
SIGTERM and SIGINT finish the requests in flight within timeouts.drain, then stop.

Example:
  portcullis run -c config/portcullis.yaml
`;

export function runCommand(finish: (exitCode: number) => void): Command {
  return new Command('run')
    .description('Start the gateway.')
    .addOption(configOption())
    .option('--demo', 'make development certificates and start a small service behind the gateway')
    .addHelpText('after', EXAMPLE)
    .action(async ({ config, demo }: { config: string; demo?: boolean }) => {
      refuseToStart(findForbiddenSettings({ env: process.env, execArgv: process.execArgv }));
      const certificates = join(dirname(config), '../certs/dev');
      if (demo && (await prepareDevelopmentPki(certificates, systemClock()))) {
        process.stdout.write(`made development certificates in ${relative('.', certificates)}\n`);
      }
      const configuration = await loadOrReport(config);
      if (configuration === undefined) return finish(1);
      const addresses = configuration.settings.listeners.map(({ address }) => address);
      const findExposed = demo ? () => [] : (next: Configuration) => findExposedDevelopmentPki(addresses, next);
      refuseToStart(findExposed(configuration));
      refuseToStart((await checkRuntime(systemClock())).map((problem) => `this Node cannot be used: ${problem}`));
      await serve(configuration, { findExposed, demoCertificates: demo ? relative('.', certificates) : undefined });
    });
}

function refuseToStart(problems: readonly string[]): void {
  if (problems.length > 0) throw new StartFault(problems.join('\nportcullis: '));
}

interface ServeOptions {
  /** Development certificates of a configuration that other machines would see, as problems. */
  readonly findExposed: (configuration: Configuration) => readonly string[];
  /** Folder of the demo's certificates; undefined when it is no demo. */
  readonly demoCertificates: string | undefined;
}

/** Runs until a signal stops it. */
async function serve(configuration: Configuration, { findExposed, demoCertificates }: ServeOptions): Promise<void> {
  const log = createLogger(configuration.settings.log);
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault that nobody caught; the process ends');
    process.exit(1);
  });
  const stopEcho = demoCertificates === undefined ? undefined : await startDemoService(configuration);
  // The admin address is there before there is anything to reload.
  let reload: Reload = async () => NOT_RELOADED;
  const deps = { clock: systemClock, log, reload: () => reload() };
  const gateway = await startGateway(configuration, deps).catch((fault: unknown) => {
    stopEcho?.();
    throw fault;
  });
  for (const { address, port } of gateway.addresses) log.info({ address, port }, 'listening');
  if (gateway.probesPort !== undefined) log.info({ port: gateway.probesPort }, 'listening for probes');
  if (gateway.adminPort !== undefined) log.info({ port: gateway.adminPort }, 'listening for the admin API');
  if (demoCertificates !== undefined) {
    process.stdout.write(demoText(demoCertificates, gateway.addresses[0]?.port ?? 0));
  }
  let stopping = false;
  reload = createReload({ file: configuration.file, findExposed, gateway, log });
  // The listeners stay to the end: a signal that comes while requests are finished must not do what it does by default.
  process.on('SIGHUP', () => {
    if (!stopping) void reload();
  });
  const signal = await untilSignal('SIGTERM', 'SIGINT');
  stopping = true;
  reload = async () => NOT_RELOADED;
  log.info({ signal }, 'stopping');
  await gateway.stop();
  stopEcho?.();
  log.info({}, 'stopped');
}

/** Starts it where the first upstream is; elsewhere than on this machine `portcullis echo` does. */
async function startDemoService({ settings }: Configuration): Promise<(() => void) | undefined> {
  const [upstream] = Object.values(settings.upstreams);
  if (upstream === undefined) throw new StartFault('--demo needs an upstream in the configuration');
  const url = new URL(upstream.url);
  return LOOPBACK.test(url.hostname) ? startEcho(url) : undefined;
}

type Reload = () => Promise<ReloadOutcome>;

const NOT_RELOADED: ReloadOutcome = { done: false, problems: [], needsRestart: [] };

interface ReloadInput extends Pick<ServeOptions, 'findExposed'> {
  readonly file: string;
  readonly gateway: Gateway;
  readonly log: Logger;
}

/** Reloads one after another, however fast the signals come. */
function createReload(input: ReloadInput): Reload {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const done = last.then(() => reloadOnce(input));
    last = done;
    return done;
  };
}

async function reloadOnce({ file, findExposed, gateway, log }: ReloadInput): Promise<ReloadOutcome> {
  try {
    const result = await loadConfiguration(file, { env: process.env, now: systemClock() });
    const problems = result.ok ? findExposed(result.configuration).map(asProblem(file)) : result.problems;
    if (!result.ok || problems.length > 0) {
      gateway.rejectReload();
      log.error({ problems }, 'the new configuration is not valid; the old one stays in force');
      return { ...NOT_RELOADED, problems };
    }
    const { needsRestart } = await gateway.reload(result.configuration);
    for (const problem of result.warnings) log.warn({ problem }, problem.message);
    log.info({ ...(needsRestart.length > 0 && { needsRestart }) }, 'the configuration was reloaded');
    return { done: true, problems: result.warnings, needsRestart };
  } catch (err) {
    gateway.rejectReload();
    log.error({ err }, 'the new configuration could not be put in force; the old one stays');
    return NOT_RELOADED;
  }
}

function asProblem(file: string): (message: string) => Problem {
  return (message) => ({ severity: 'error', file, message, remedy: 'use real certificates' });
}
