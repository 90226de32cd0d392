// What does systemd hear of us? Messages after sd_notify(3), where it started us and wants to be told.
//
// They are datagrams on a unix socket, which Node cannot send, and native modules are no part of what we install. The
// program `systemd-notify` is there wherever systemd is; it costs a process for each message.

import { spawn } from 'node:child_process';
import type { Log } from '../model/log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ServiceManager {
  /** Requests are served. `status`: a few words for `systemctl status`. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Nothing further is told; resolves when what was said before has been heard. */
  close(): Promise<void>;
}

/** systemd-notify itself waits no longer than five seconds to be heard. */
const MESSAGE_MS = 10_000;
/** More often would be a process each moment, whatever the unit says. */
const SHORTEST_PULSE_MS = 1000;

/** Says nothing where nobody asked to be told. */
export function createServiceManager({ env, log }: { readonly env: Environment; readonly log: Log }): ServiceManager {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, PATH } = env;
  if (!NOTIFY_SOCKET) return { ready() {}, reloading() {}, stopping() {}, close: async () => {} };
  const passed = { NOTIFY_SOCKET, ...(PATH !== undefined && { PATH }) };
  let last: Promise<void> = Promise.resolve();
  let isUnheard = false;

  /** One after the other, for the last one counts. */
  function tell(...assignments: readonly string[]): Promise<void> {
    last = last.then(async () => {
      const failure = await runNotify(assignments, passed);
      if (failure !== undefined && !isUnheard) log.warn({ note: failure }, 'systemd could not be told');
      isUnheard = failure !== undefined;
    });
    return last;
  }

  const stopPulse = startPulse(WATCHDOG_USEC, () => tell('WATCHDOG=1'));
  return {
    ready: (status) => void tell('READY=1', `STATUS=${status}`),
    reloading() {
      // For units of Type=notify-reload, of the same clock as CLOCK_MONOTONIC.
      void tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    },
    stopping: () => void tell('STOPPING=1', 'STATUS=requests in flight are finished'),
    close() {
      stopPulse();
      return last;
    },
  };
}

/** Twice in the time after which systemd takes us for dead (sd_watchdog_enabled(3)); never two at a time. */
function startPulse(watchdogMicroseconds: string | undefined, pulse: () => Promise<void>): () => void {
  const everyMs = Number(watchdogMicroseconds) / 2000;
  if (!(everyMs > 0)) return () => {};
  let isBusy = false;
  const timer = setInterval(
    () => {
      if (isBusy) return;
      isBusy = true;
      void pulse().finally(() => {
        isBusy = false;
      });
    },
    Math.max(everyMs, SHORTEST_PULSE_MS),
  );
  timer.unref();
  return () => clearInterval(timer);
}

/** Why it was not heard; undefined when it was. */
function runNotify(assignments: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('systemd-notify', assignments, { env, stdio: 'ignore', timeout: MESSAGE_MS });
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code) => resolve(code === 0 ? undefined : `systemd-notify ended with ${code}`));
  });
}
