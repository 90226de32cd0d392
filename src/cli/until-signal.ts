// How does a command that serves learn that it shall stop?

/** Resolves with the first of these signals. The listeners stay, so that a second one does not end the process. */
export function untilSignal(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, resolve);
  });
}
