// How long may this phase last? One timer that is set anew for each phase.

export interface Deadline {
  /** Ends the phase before and begins one that ends in `act` after `ms` without a `refresh`. */
  start(ms: number, act: () => void): void;
  /** Something moved: the time runs anew. Does nothing when no phase is on. */
  refresh(): void;
  stop(): void;
}

export function createDeadline(): Deadline {
  let timer: NodeJS.Timeout | undefined;
  return {
    start(ms, act) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        act();
      }, ms);
    },
    refresh() {
      timer?.refresh();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
