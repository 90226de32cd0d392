// Read the configuration again, hold it to the same checks as at the start, and put it in force or keep the old one.

import type { ReloadOutcome } from '../admin/sources.ts';
import { type Configuration, type LoadResult, loadConfiguration } from '../config/load.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Gateway } from './gateway.ts';
import type { ServiceManager } from './service-manager.ts';
import { watchFiles } from './watch-files.ts';

export interface ReloadingInput {
  /** In force. */
  readonly configuration: Configuration;
  /** When reading it began, ms since the epoch. */
  readonly readAt: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What speaks against a configuration that is good in itself. */
  readonly findExposed: (configuration: Configuration) => readonly string[];
  readonly gateway: Pick<Gateway, 'reload' | 'rejectReload'>;
  readonly serviceManager: ServiceManager;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Reloading {
  /** One after another, however fast they are asked for. */
  reload(): Promise<ReloadOutcome>;
  /** From now on nothing is reloaded. */
  stop(): void;
}

export const NOT_RELOADED: ReloadOutcome = { done: false, problems: [], needsRestart: [] };

/** Names of files in one line of the log. A certificate that is renewed everywhere may change hundreds. */
const MAX_NAMES = 20;

/** Also reloads by itself when files change, unless the configuration says otherwise. */
export function startReloading(input: ReloadingInput): Reloading {
  const { configuration, readAt, gateway, serviceManager, clock, log } = input;
  const watch = watchFiles({ log, onChange: async (changed) => void (await inTurn(changed)) });
  let stopped = false;
  let isWatching = configuration.settings.reload.watch;
  let last: Promise<unknown> = follow(configuration.files, readAt);

  function follow(files: readonly string[], since: number): Promise<void> {
    return watch.follow(isWatching ? files : [], since);
  }

  function inTurn(changed?: readonly string[]): Promise<ReloadOutcome> {
    const done = last.then(() => (stopped ? NOT_RELOADED : reloadOnce(changed)));
    last = done;
    return done;
  }

  /** `changed`: the files because of which. */
  async function reloadOnce(changed: readonly string[] | undefined): Promise<ReloadOutcome> {
    serviceManager.reloading();
    const log = logWith(input.log, changed && { changed: changed.slice(0, MAX_NAMES) });
    const outcome = await readAndTakeOver(log).catch((err: unknown) => {
      gateway.rejectReload([]);
      log.error({ err }, 'the new configuration could not be put in force; the old one stays');
      return NOT_RELOADED;
    });
    const failed = outcome.done ? '' : '; the last reload failed, the state before it is in force';
    if (!stopped) serviceManager.ready(`requests are served${failed}`);
    return outcome;
  }

  async function readAndTakeOver(log: Pick<Log, 'info' | 'warn' | 'error'>): Promise<ReloadOutcome> {
    const since = clock();
    await watch.note();
    const result = refuseExposed(
      await loadConfiguration(configuration.file, {
        env: input.env,
        now: since,
        keepFiles: configuration.recording !== undefined,
      }),
      input,
    );
    if (!result.ok) {
      // After a failure too: what was missing may come.
      await follow(result.files, since);
      gateway.rejectReload(result.problems);
      log.error({ problems: result.problems }, 'the new configuration is not valid; the old one stays in force');
      return { ...NOT_RELOADED, problems: result.problems };
    }
    const { needsRestart } = await gateway.reload(result.configuration);
    isWatching = result.configuration.settings.reload.watch;
    await follow(result.configuration.files, since);
    for (const problem of result.warnings) log.warn({ problem }, problem.message);
    log.info({ ...(needsRestart.length > 0 && { needsRestart }) }, 'the configuration was reloaded');
    return { done: true, problems: result.warnings, needsRestart };
  }

  return {
    reload: () => inTurn(),
    stop() {
      stopped = true;
      watch.close();
    },
  };
}

/** The same log, with these fields in the line that tells the outcome. */
function logWith(log: Log, fields: object | undefined): Pick<Log, 'info' | 'warn' | 'error'> {
  return {
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn(more, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}

function refuseExposed(result: LoadResult, { findExposed }: Pick<ReloadingInput, 'findExposed'>): LoadResult {
  if (!result.ok) return result;
  const { file, files } = result.configuration;
  const messages = findExposed(result.configuration);
  if (messages.length === 0) return result;
  const remedy = 'use real certificates';
  return { ok: false, problems: messages.map((message) => ({ severity: 'error', file, message, remedy })), files };
}
