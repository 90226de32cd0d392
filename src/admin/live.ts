// Decisions as they happen, for whoever watches. The requests themselves know nothing of watchers: those look at what
// was noted, five times a second, and so none of them can hold a request up.

import type { ServerResponse } from 'node:http';
import type { RecentDecision, RecentDecisions } from '../decision/recent-decisions.ts';
import { type Problem, problem } from './problems.ts';

export interface Watch {
  /** Number of the last one that the watcher has; undefined: from now on. */
  readonly after: number | undefined;
  readonly isWanted: (decision: RecentDecision) => boolean;
  /** One line of text. */
  readonly write: (decision: RecentDecision) => string;
}

export interface Live {
  /** Answers with the stream of events, or says why not. */
  follow(response: ServerResponse, watch: Watch): Problem | undefined;
}

const MAX_WATCHERS = 8;
const TURN_MS = 200;
/** 500 a second for each watcher: more than anybody reads; the rest is told as a number. */
const MOST_EACH_TURN = 100;
/** Whoever has not read so many bytes is gone, or too slow. */
const MOST_UNREAD_BYTES = 256 * 1024;
/** So that proxies on the way do not take the stream for dead. */
const QUIET_TURNS = 75;
/** Then a watcher comes again, and shows that it still may. */
const LONGEST_TURNS = 3_600_000 / TURN_MS;

interface Watcher extends Watch {
  readonly response: ServerResponse;
  seen: number;
  turns: number;
}

/** `accessState`: another value each time those who may watch have changed; all watchers then have to come again. */
export function createLive(recent: RecentDecisions, accessState: () => unknown): Live {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;
  let state = accessState();

  function turn(): void {
    const isChanged = accessState() !== state;
    state = accessState();
    for (const watcher of watchers) {
      const { response } = watcher;
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
      else if (isChanged || ++watcher.turns > LONGEST_TURNS) response.end();
      else tell(watcher, recent);
    }
  }

  return {
    follow(response, watch) {
      if (watchers.size >= MAX_WATCHERS) {
        return problem('too-many-requests', `At most ${MAX_WATCHERS} may watch at a time.`);
      }
      const watcher: Watcher = { ...watch, response, seen: watch.after ?? recent.newest, turns: 0 };
      // Numbers of a process before this one mean nothing here.
      if (watcher.seen > recent.newest) watcher.seen = recent.newest;
      watchers.add(watcher);
      if (watchers.size === 1) {
        state = accessState();
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

function tell(watcher: Watcher, recent: RecentDecisions): void {
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
