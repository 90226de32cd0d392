// Who may use a connection to the upstream now, and who waits?

/** Gives a place back, or leaves the line. Safe to call more than once. */
export type Release = () => void;

export interface Slots {
  /** Calls `start` as soon as a place is free, never before `take` has returned. First come, first served. */
  take(start: () => void): Release;
}

/**
 * Node's agents have a line of their own, but a request that is given up stays in it: a stuck upstream and clients that
 * come and go would make it grow without bound. Here who leaves is gone.
 */
export function createSlots(limit: number): Slots {
  let used = 0;
  const line = new Set<() => void>();

  function leave(): void {
    const next = line.values().next();
    if (next.done) used--;
    else next.value();
  }

  return {
    take(start) {
      let released = false;
      const enter = () => {
        line.delete(enter);
        queueMicrotask(() => {
          if (!released) start();
        });
      };
      if (used < limit) {
        used++;
        enter();
      } else {
        line.add(enter);
      }
      return () => {
        if (released) return;
        released = true;
        if (!line.delete(enter)) leave();
      };
    },
  };
}
