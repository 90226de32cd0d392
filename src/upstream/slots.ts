// Who may use a connection to the upstream now, and who waits?

/** Gives a place back, or leaves the line. Safe to call more than once. */
export type Release = () => void;

export interface Slots {
  /** A place; undefined where there is none, and one has to stand in line. */
  takeFree(): Release | undefined;
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

  /** The place of who leaves is taken by the first in line. */
  function leave(): void {
    const next = line.size === 0 ? undefined : line.values().next().value;
    if (next === undefined) used--;
    else next();
  }

  function takeFree(): Release | undefined {
    if (used >= limit) return undefined;
    used++;
    let released = false;
    return () => {
      if (!released) leave();
      released = true;
    };
  }

  function stand(start: () => void): Release {
    let released = false;
    const enter = () => {
      line.delete(enter);
      // Behind all that is there to be read: bytes behind an answer end its connection, and would else be taken for the
      // answer to who gets it now.
      setImmediate(() => {
        if (!released) start();
      });
    };
    line.add(enter);
    return () => {
      if (released) return;
      released = true;
      if (!line.delete(enter)) leave();
    };
  }

  return {
    takeFree,
    take(start) {
      const release = takeFree();
      if (release === undefined) return stand(start);
      let left = false;
      process.nextTick(() => {
        if (!left) start();
      });
      return () => {
        left = true;
        release();
      };
    },
  };
}
