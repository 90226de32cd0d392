// Decisions as they happen, for whoever watches. The requests themselves know nothing of watchers: those look at what
// was noted, five times a second, and so none of them can hold a request up.

import type { RecentDecision } from '../decision/recent-decisions.ts';
import { type Problem, problem } from './problems.ts';
import type { OpenStream } from './route.ts';
import type { Sources } from './sources.ts';

/** `lastEventId`: number of the last one that the watcher has. */
export interface Watch extends OpenStream {
  readonly isWanted: (decision: RecentDecision) => boolean;
  /** One line of text. */
  readonly write: (decision: RecentDecision) => string;
}

export interface Live {
  /** Answers with the stream of events, or says why not. */
  follow(watch: Watch): Problem | undefined;
}

const TURN_MS = 200;
/** 500 a second for each watcher: more than anybody reads; the rest is told as a number. */
const MOST_EACH_TURN = 100;
/** So that proxies on the way do not take the stream for dead. */
const QUIET_TURNS = 75;
/** Then a watcher comes again. */
const LONGEST_TURNS = 3_600_000 / TURN_MS;

interface Watcher extends Watch {
  seen: number;
  turns: number;
  /** It is asked whether it still may watch. */
  isAsked: boolean;
}

export function createLive({
  recent,
  catchUp,
  limits,
  log,
}: Pick<Sources, 'recent' | 'catchUp' | 'limits' | 'log'>): Live {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;

  function turn(): void {
    for (const watcher of watchers) {
      const { response } = watcher;
      // What was ended a turn ago and is still here has a reader who does not read.
      if (response.writableEnded || response.writableLength > limits.unreadBytes) response.destroy();
      else if (++watcher.turns > LONGEST_TURNS) response.end();
      else if (!watcher.isAsked) void serve(watcher);
    }
  }

  /** A role that is taken away, or a certificate that is refused, ends the stream at the next turn (design rule 4). */
  async function serve(watcher: Watcher): Promise<void> {
    const { response } = watcher;
    watcher.isAsked = true;
    try {
      const [isAllowed] = await Promise.all([watcher.isAllowed(), catchUp()]);
      if (isAllowed && !response.destroyed) tell(watcher, recent);
      else response.end();
    } catch (err) {
      log.error({ err }, 'nobody can tell whether a watcher of live decisions may go on');
      response.destroy();
    }
    watcher.isAsked = false;
  }

  return {
    follow(watch) {
      if (watchers.size >= limits.watchers) {
        return problem('too-many-requests', `At most ${limits.watchers} may watch at a time.`);
      }
      const { response, lastEventId = recent.newest } = watch;
      const watcher: Watcher = { ...watch, seen: lastEventId, turns: 0, isAsked: false };
      // Numbers of a process before this one mean nothing here.
      if (watcher.seen > recent.newest) watcher.seen = recent.newest;
      watchers.add(watcher);
      if (watchers.size === 1) {
        timer = setInterval(turn, TURN_MS);
        timer.unref();
      }
      response.on('error', () => {});
      response.once('close', () => {
        watchers.delete(watcher);
        if (watchers.size === 0) clearInterval(timer);
      });
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': watching\n\n');
      return undefined;
    },
  };
}

function tell(watcher: Watcher, recent: Sources['recent']): void {
  const { response, isWanted, write } = watcher;
  const from = Math.max(watcher.seen, recent.newest - MOST_EACH_TURN);
  const skipped = from - watcher.seen;
  let text = skipped === 0 ? '' : `event: skipped\ndata: ${JSON.stringify({ skipped })}\n\n`;
  for (const decision of recent.after(from, MOST_EACH_TURN)) {
    if (isWanted(decision)) text += `event: decision\nid: ${decision.number}\ndata: ${write(decision)}\n\n`;
  }
  watcher.seen = recent.newest;
  if (text !== '') response.write(text);
  else if (watcher.turns % QUIET_TURNS === 0) response.write(':\n\n');
}
