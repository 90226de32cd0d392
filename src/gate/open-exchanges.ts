// The exchanges that are open, by what they were allowed for: re-judged whenever that may have changed (design rule 4).

import type { Judged } from '../decision/decide.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Refusal } from '../model/reasons.ts';
import { judgeAsked } from './judge-asked.ts';
import type { Asked } from './read-request.ts';
import type { GateRuntime } from './runtime.ts';

/** The service goes by what it was told at the beginning: an account that was taken away would live on in the stream. */
const NOT_ITS_ACCOUNT: Refusal = {
  code: 'account-unknown',
  check: 'account',
  note: 'the account that it was opened for is not that of the certificate any more',
};

export interface OpenExchange {
  readonly evidence: Evidence;
  readonly asked: Asked;
  /** Whose account the service was told that it is; undefined: nobody's. */
  readonly account: string | undefined;
  /** Generation of the runtime it was last judged under, and until when that judgement holds. */
  generation: number;
  validUntil: number;
  /** Where it stands in the list; undefined as soon as it is over. */
  at?: number | undefined;
  /** Closes it at once, and says why. */
  close(refusal: Refusal): void;
}

/** How many there are of each kind. */
export interface OpenCounts {
  readonly http: number;
  readonly websocket: number;
}

export interface OpenExchanges {
  readonly size: number;
  count(): OpenCounts;
  add(exchange: OpenExchange): void;
  remove(exchange: OpenExchange): void;
  /** Judges again whatever was judged under another generation or only until now; closes what would be refused. */
  rejudge(runtime: GateRuntime, now: number): Promise<void>;
}

/** As soon as the directory is back, what it says counts for open streams within a second. */
const ASK_AGAIN_MS = 250;

export function createOpenExchanges(): OpenExchanges {
  // No Set: where much comes and goes it makes new tables, the old ones lead to them, and one that has outlived two
  // collections of V8 keeps everything that ever was in a later one until the next large collection.
  const open: OpenExchange[] = [];
  return {
    get size() {
      return open.length;
    },
    count() {
      const websocket = open.filter(({ asked }) => asked.webSocket).length;
      return { http: open.length - websocket, websocket };
    },
    add(exchange) {
      exchange.at = open.length;
      open.push(exchange);
    },
    remove(exchange) {
      const { at } = exchange;
      if (at === undefined) return;
      exchange.at = undefined;
      const last = open.pop();
      if (last === undefined || last === exchange) return;
      open[at] = last;
      last.at = at;
    },
    async rejudge(runtime, now) {
      const due = open.filter(({ generation, validUntil }) => generation !== runtime.generation || validUntil <= now);
      await Promise.all(due.map((exchange) => rejudgeOne(exchange, runtime, now)));
    },
  };
}

async function rejudgeOne(exchange: OpenExchange, runtime: GateRuntime, now: number): Promise<void> {
  // Noted first, so that a slow judgement is not begun again by the next turn.
  exchange.generation = runtime.generation;
  exchange.validUntil = Number.POSITIVE_INFINITY;
  try {
    const { judged, refusal } = await judgeAsked(exchange.asked, exchange.evidence, runtime, now);
    // It came to its end meanwhile, and has its line in the log.
    if (exchange.at === undefined) return;
    // Nobody has said that it should end: it is asked again until somebody can tell. New requests are refused meanwhile.
    if (refusal?.code === 'directory-unavailable') exchange.validUntil = now + ASK_AGAIN_MS;
    else if (refusal !== undefined) exchange.close(refusal);
    else if (exchange.account !== undefined && exchange.account !== accountOf(judged)) exchange.close(NOT_ITS_ACCOUNT);
    // Of two judgements under way the newer one counts, whichever comes first.
    else if (exchange.generation === runtime.generation) exchange.validUntil = judged?.validUntil ?? now;
  } catch (fault) {
    // A stream that cannot be judged is not kept open.
    exchange.close({ code: 'internal', check: 'rejudge', note: String(fault) });
  }
}

/** Name of the account that the service is told of. */
export function accountOf(judged: Judged | undefined): string | undefined {
  return judged?.decision.allow ? judged.decision.identity?.account?.name : undefined;
}
