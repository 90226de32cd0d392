// How does a command that serves learn that it shall stop?

/** Resolves with the first of these signals. The listeners stay, so that a second one does not end the process. */
export function untilSignal(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, resolve);
  });
}

/**
 * One key press in a terminal reaches a process several times: from the terminal and from each of npm and a shell around
 * it. So does the signal of an orchestrator. Who means it waits longer than that.
 */
const SAME_SIGNAL_MS = 1000;

/** Resolves when one of these signals comes again, a second from now on or later. */
export function untilAgain(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  const from = performance.now() + SAME_SIGNAL_MS;
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => performance.now() >= from && resolve(signal));
  });
}
