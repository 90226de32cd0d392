// portcullis run: start, reload on SIGHUP and when files change, drain on SIGTERM.

import { dirname, join, relative } from 'node:path';
import { Command } from 'commander';
import { findExposedDevelopmentPki, findForbiddenSettings, LOOPBACK } from '../../app/environment.ts';
import { startGateway } from '../../app/gateway.ts';
import { findInheritedSockets } from '../../app/inherited-sockets.ts';
import { createLogger } from '../../app/logger.ts';
import { NOT_RELOADED, type ReloadingInput, startReloading } from '../../app/reload.ts';
import { createServiceManager } from '../../app/service-manager.ts';
import { countWorkers } from '../../app/workers/plan.ts';
import { startWithWorkers } from '../../app/workers/primary.ts';
import type { Configuration } from '../../config/load.ts';
import { checkRuntime } from '../../listener/self-check.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { configOption, loadOrReport } from '../config-file.ts';
import { prepareDevelopmentPki } from '../demo/development-pki.ts';
import { startEcho } from '../demo/echo.ts';
import { demoText } from '../demo/text.ts';
import { untilAgain, untilSignal } from '../until-signal.ts';

const EXAMPLE = `
The configuration and every file it names are read again when one of them changes, and on SIGHUP; a bad state is
reported and the old one stays in force.
Where the configuration asks for several \`workers\`, this process leads them, and signals go to it.
SIGTERM and SIGINT finish the requests in flight within timeouts.drain, then stop; a second one, more than a second
later, stops at once.

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
      const readAt = systemClock();
      const configuration = await loadOrReport(config);
      if (configuration === undefined) return finish(1);
      const addresses = configuration.settings.listeners.map(({ address }) => address);
      const findExposed = demo ? () => [] : (next: Configuration) => findExposedDevelopmentPki(addresses, next);
      refuseToStart(findExposed(configuration));
      refuseToStart((await checkRuntime(systemClock())).map((problem) => `this Node cannot be used: ${problem}`));
      await serve(configuration, {
        readAt,
        findExposed,
        demoCertificates: demo ? relative('.', certificates) : undefined,
      });
    });
}

function refuseToStart(problems: readonly string[]): void {
  if (problems.length > 0) throw new StartFault(problems.join('\nportcullis: '));
}

interface ServeOptions extends Pick<ReloadingInput, 'readAt' | 'findExposed'> {
  /** Folder of the demo's certificates; undefined when it is no demo. */
  readonly demoCertificates: string | undefined;
}

/** Runs until a signal stops it. */
async function serve(configuration: Configuration, { demoCertificates, ...options }: ServeOptions): Promise<void> {
  const log = createLogger(configuration.settings.log);
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault that nobody caught; the process ends');
    process.exit(1);
  });
  const stopEcho = demoCertificates === undefined ? undefined : await startDemoService(configuration);
  // The admin address is there before there is anything to reload.
  let reload = async () => NOT_RELOADED;
  const sockets = findInheritedSockets({ env: process.env, pid: process.pid });
  const deps = { clock: systemClock, log, sockets, reload: () => reload() };
  const start = countWorkers(configuration.settings) > 1 ? startWithWorkers : startGateway;
  const gateway = await start(configuration, deps).catch((fault: unknown) => {
    stopEcho?.();
    throw fault;
  });
  for (const { address, port } of gateway.addresses) log.info({ address, port }, 'listening');
  if (gateway.probesPort !== undefined) log.info({ port: gateway.probesPort }, 'listening for probes');
  if (gateway.adminPort !== undefined) log.info({ port: gateway.adminPort }, 'listening for the admin API');
  if (demoCertificates !== undefined) {
    process.stdout.write(demoText(demoCertificates, gateway.addresses[0]?.port ?? 0));
  }
  const serviceManager = createServiceManager({ env: process.env, log });
  const reloading = startReloading({ ...options, ...deps, configuration, env: process.env, gateway, serviceManager });
  reload = reloading.reload;
  // The listeners stay to the end: a signal that comes while requests are finished must not do what it does by default.
  process.on('SIGHUP', () => void reload());
  serviceManager.ready('requests are served');
  const signal = await untilSignal('SIGTERM', 'SIGINT');
  reloading.stop();
  log.info({ signal }, 'stopping');
  serviceManager.stopping();
  const again = untilAgain('SIGTERM', 'SIGINT');
  void again.then((signal) => log.warn({ signal }, 'told again to stop; what is still in flight is broken off'));
  await gateway.stop(again);
  stopEcho?.();
  await serviceManager.close();
  log.info({}, 'stopped');
}

/** Starts it where the first upstream is; elsewhere than on this machine `portcullis echo` does. */
async function startDemoService({ settings }: Configuration): Promise<(() => void) | undefined> {
  const [upstream] = Object.values(settings.upstreams);
  if (upstream === undefined) throw new StartFault('--demo needs an upstream in the configuration');
  const url = new URL(upstream.url);
  return LOOPBACK.test(url.hostname) ? startEcho(url) : undefined;
}
