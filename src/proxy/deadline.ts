// How long may this phase last? One clock for all of them: a timer for each request was among the dearest things of it.

export interface Deadline {
  /** Ends the phase before and begins one that ends in `act` after `ms` without a `refresh`. */
  start(ms: number, act: () => void): void;
  /** Something moved: the time runs anew. Does nothing when no phase is on. */
  refresh(): void;
  stop(): void;
}

/** How late a phase may end. Time limits are of seconds, and to look at ten thousand phases takes some 50 µs. */
const LATENESS_MS = 20;

export function createDeadline(): Deadline {
  return new Phase();
}

/** Those that are on, in no order; each knows its place. */
const running: Phase[] = [];
let clock: NodeJS.Timeout | undefined;

class Phase implements Deadline {
  #ms = 0;
  #end = 0;
  #act: (() => void) | undefined;
  #place = 0;

  start(ms: number, act: () => void): void {
    if (this.#act === undefined) {
      this.#place = running.length;
      running.push(this);
      clock ??= setInterval(endPhases, LATENESS_MS);
    }
    this.#ms = ms;
    this.#act = act;
    this.refresh();
  }

  refresh(): void {
    this.#end = performance.now() + this.#ms;
  }

  stop(): void {
    if (this.#act === undefined) return;
    this.#act = undefined;
    const last = running.pop();
    if (last === undefined || last === this) return;
    running[this.#place] = last;
    last.#place = this.#place;
  }

  endIfOver(now: number): void {
    if (now < this.#end) return;
    const act = this.#act;
    this.stop();
    act?.();
  }
}

/** From the last one on, so that whoever takes a place that becomes free was asked before. */
function endPhases(): void {
  const now = performance.now();
  for (let place = running.length - 1; place >= 0; place--) running[place]?.endIfOver(now);
  if (running.length > 0) return;
  clearInterval(clock);
  clock = undefined;
}
