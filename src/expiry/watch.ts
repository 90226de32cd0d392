// What ends soon is said at 30, 14, 7 and 1 days, once for each thing: by whichever replica comes first.

import { type Clock, DAY_MS, daysUntil } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { type Ending, findThreshold, THRESHOLDS, type Threshold } from './ending.ts';

export interface ExpiryWarning extends Ending {
  readonly threshold: Threshold;
  /** Whole days that are left. */
  readonly daysLeft: number;
}

/** How many of a kind end within so many days. */
export type EndingCounts = ReadonlyMap<Ending['kind'], Readonly<Record<Threshold, number>>>;

export interface ExpiryWatch {
  /** Looks now, and then every hour. Never rejects. */
  look(): Promise<void>;
  /** As of the last look. */
  readonly counts: EndingCounts;
  close(): Promise<void>;
}

export interface Claim {
  readonly id: string;
  /** ms since the epoch: from then on nobody says it any more. */
  readonly endsAt: number;
}

export interface ExpiryWatchInput {
  readonly clock: Clock;
  readonly log: Log;
  /** Everything that ends within the longest threshold, in parts. */
  collect(until: number): AsyncIterable<readonly Ending[]>;
  /** Those of the ids that nobody has said before, here or on another replica. */
  claim(claims: readonly Claim[]): Promise<readonly string[]>;
  /** Told of all that is said at one time. */
  readonly announce: (warnings: readonly ExpiryWarning[]) => void;
}

const LOOK_EVERY_MS = 3_600_000;
/** Of one look; how many more there are is said in one. */
const MOST_LINES = 100;
/** Said at a time. */
const MOST_CLAIMS = 1_000;
/** Those of a whole inventory. Forgotten when there are more, at the price of asking for them again. */
const MOST_KNOWN = 250_000;

export function createExpiryWatch({ clock, log, collect, claim, announce }: ExpiryWatchInput): ExpiryWatch {
  const said = new Set<string>();
  let counts: EndingCounts = new Map();
  let looking: Promise<void> = Promise.resolve();
  let closed = false;

  async function look(): Promise<void> {
    const now = clock();
    const counted = new Map<Ending['kind'], Record<Threshold, number>>();
    const lines = { left: MOST_LINES, more: 0 };
    let due: (ExpiryWarning & Claim)[] = [];
    for await (const endings of collect(now + Math.max(...THRESHOLDS) * DAY_MS)) {
      if (closed) return;
      for (const ending of endings) {
        countEnding(counted, ending, now);
        const warning = toWarning(ending, now);
        if (warning !== undefined && !said.has(warning.id)) due.push(warning);
      }
      if (due.length < MOST_CLAIMS) continue;
      await say(due, lines);
      due = [];
    }
    if (due.length > 0) await say(due, lines);
    if (lines.more > 0) log.warn({ count: lines.more }, 'more end soon: `portcullis clients expiring` lists them');
    counts = counted;
  }

  async function say(due: readonly (ExpiryWarning & Claim)[], lines: { left: number; more: number }): Promise<void> {
    // Said twice rather than never, where it cannot be known.
    const ids = new Set(await claim(due).catch(() => due.map(({ id }) => id)));
    if (said.size > MOST_KNOWN) said.clear();
    for (const { id } of due) said.add(id);
    const fresh = due.filter(({ id }) => ids.has(id));
    const shown = fresh.slice(0, lines.left);
    for (const warning of shown) log.warn(describeWarning(warning), `${SAID_OF[warning.kind]} ends soon`);
    lines.left -= shown.length;
    lines.more += fresh.length - shown.length;
    if (fresh.length > 0) announce(fresh);
  }

  function lookSafely(): Promise<void> {
    looking = looking.then(look).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ reason }, 'what ends soon could not be looked at as a whole');
    });
    return looking;
  }

  const timer = setInterval(lookSafely, LOOK_EVERY_MS);
  timer.unref();
  return {
    look: lookSafely,
    get counts() {
      return counts;
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await looking;
    },
  };
}

const SAID_OF: Readonly<Record<Ending['kind'], string>> = {
  'server-certificate': 'a server certificate',
  'upstream-certificate': 'a certificate that is shown to an upstream',
  anchor: 'an anchor of a trust store',
  intermediate: 'an intermediate certificate',
  crl: 'a revocation list',
  'ocsp-signer': 'the certificate of an OCSP responder',
  permission: 'the permission of an account',
  'client-certificate': 'a client certificate that was seen',
};

function countEnding(counts: Map<Ending['kind'], Record<Threshold, number>>, { kind, endsAt }: Ending, now: number) {
  const own = counts.get(kind) ?? { 1: 0, 7: 0, 14: 0, 30: 0 };
  counts.set(kind, own);
  for (const days of THRESHOLDS) if (endsAt >= now && endsAt - now <= days * DAY_MS) own[days]++;
}

/** Its id is that of the thing, its end and the threshold: what is prolonged ends anew. */
function toWarning(ending: Ending, now: number): ExpiryWarning | undefined {
  const threshold = findThreshold(ending, now);
  if (threshold === undefined) return undefined;
  const { kind, id, endsAt } = ending;
  const daysLeft = daysUntil(endsAt, now);
  return { ...ending, id: `${kind} ${id} ${endsAt} ${threshold}`, threshold, daysLeft };
}

/** As log and webhook tell of it. */
export function describeWarning({ kind, name, trust, endsAt, daysLeft, threshold, details }: ExpiryWarning): object {
  return { kind, name, trust, endsAt: new Date(endsAt).toISOString(), daysLeft, threshold, ...details };
}
