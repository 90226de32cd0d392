// The workers of a gateway: started, told, replaced when they are lost, and drained.

import { keepCounts, type MetricsSnapshot } from '../../metrics/merge.ts';
import { StartFault } from '../../model/fault.ts';
import type { Log } from '../../model/log.ts';
import type { Offer } from './link.ts';
import { forkMember, type Member } from './member.ts';
import type { ListenAddress, News, Order, PrimaryCalls, StartOrder } from './protocol.ts';
import { watchPulse } from './watch-pulse.ts';
import { within } from './within.ts';

export interface CrewInput {
  readonly log: Log;
  readonly reports: { workers(serving: number): void; workerLost(): void };
  readonly offer: (member: Member) => Offer<PrimaryCalls>;
  /** What a worker is started with now. */
  readonly order: () => StartOrder;
}

export interface Crew {
  readonly addresses: readonly ListenAddress[];
  readonly serving: ReadonlySet<Member>;
  /** Starts as many as the order says and, when all of them serve, drains those that did before. In turn only. */
  renew(): Promise<void>;
  /** Every worker builds it, or this rejects. In turn only. */
  prepare(order: Order): Promise<void>;
  settle(decision: 'commit' | 'drop'): Promise<void>;
  /** Nothing of the kind happens at the same time: starts, reloads and the end. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  tell(news: News, except?: Member): void;
  useTicketKey(key: Uint8Array): void;
  /** Of all processes that there are, and of those that there were. */
  numbers(): Promise<readonly MetricsSnapshot[]>;
  stop(atOnce: Promise<unknown>): Promise<void>;
}

/** Lists are read and, where they have addresses, fetched within 60 s each before a worker serves. */
const START_MS = 120_000;
const PREPARE_MS = 120_000;
/** A page of numbers is waited for no longer, and shows then what the worker told before. */
const NUMBERS_MS = 2_000;
/** Behind the drain, for the last lines of the log. */
const LEAVE_MS = 5_000;
/** Before a lost worker is replaced; doubled each time that the next one does not live either. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Who has lived so long has not been lost for how it was started. */
const LIVED_MS = 60_000;

export function createCrew({ log, reports, offer, order }: CrewInput): Crew {
  let serving = new Set<Member>();
  /** What they were started with may be old before they serve. */
  const starting = new Set<Member>();
  const leaving = new Map<Member, Promise<void>>();
  let addresses: readonly ListenAddress[] = [];
  let departed: Promise<MetricsSnapshot> = Promise.resolve([]);
  let pauseMs = FIRST_PAUSE_MS;
  let stopped = false;
  const pauses = new Set<NodeJS.Timeout>();

  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  const everyone = () => [...starting, ...serving, ...leaving.keys()];

  async function launch(): Promise<Member> {
    const member = forkMember(offer, log);
    starting.add(member);
    void member.gone.then(() => starting.delete(member));
    try {
      addresses = await within(START_MS, member.call('start', order()));
    } catch (error) {
      member.kill();
      const why = await member.gone;
      throw error instanceof StartFault ? error : new Error(`a worker did not start (${why}): ${textOf(error)}`);
    }
    return member;
  }

  function join(member: Member): void {
    const joinedAt = performance.now();
    starting.delete(member);
    serving.add(member);
    watchPulse(member);
    reports.workers(serving.size);
    log.info({ pid: member.pid }, 'a worker serves');
    void member.gone.then((why) => lose(member, why, performance.now() - joinedAt));
  }

  function lose(member: Member, why: string, livedMs: number): void {
    departed = departed.then((before) => keepCounts([before, member.numbers]));
    leaving.delete(member);
    if (!serving.delete(member)) return;
    reports.workers(serving.size);
    reports.workerLost();
    if (livedMs >= LIVED_MS) pauseMs = FIRST_PAUSE_MS;
    log.error({ pid: member.pid, why, pauseMs }, 'a worker was lost; another takes its place');
    replaceLater();
  }

  function replaceLater(): void {
    const pause = setTimeout(() => {
      pauses.delete(pause);
      inTurn(replace).catch((err: unknown) => {
        log.error({ err, pauseMs }, 'a lost worker could not be replaced; it is tried again');
        replaceLater();
      });
    }, pauseMs);
    pauses.add(pause);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }

  async function replace(): Promise<void> {
    if (!stopped && serving.size < order().workers) join(await launch());
  }

  function leave(members: Iterable<Member>): void {
    for (const member of members) leaving.set(member, drain(member));
  }

  /** The worker knows how long that may take. */
  async function drain(member: Member): Promise<void> {
    member.numbers = await member.call('stop').catch(() => member.numbers);
    await within(LEAVE_MS, member.gone).catch(() => member.kill());
  }

  return {
    get addresses() {
      return addresses;
    },
    get serving() {
      return serving;
    },
    inTurn,
    async renew() {
      const before = serving;
      const starts = await Promise.allSettled(Array.from({ length: order().workers }, launch));
      const started = starts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const failed = starts.find((each) => each.status === 'rejected');
      if (failed !== undefined) {
        for (const member of started) member.kill();
        throw failed.reason;
      }
      serving = new Set();
      for (const member of started) join(member);
      leave(before);
    },
    async prepare(next) {
      const answers = [...serving, ...leaving.keys()].map(async (member) => {
        // Who does not answer would not answer anything else either.
        const silent = setTimeout(() => member.kill(), PREPARE_MS);
        const answer = member.call('prepare', next).finally(() => clearTimeout(silent));
        // Who is about to end holds nobody up: it cannot put in force what it has not built, and ends at once.
        await (serving.has(member) ? answer : answer.catch(ignore));
      });
      const failed = (await Promise.allSettled(answers)).find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    async settle(decision) {
      const settled = [...serving, ...leaving.keys()].map(async (member) => {
        // Another one begins with what is in force.
        await member.call('settle', decision).catch(() => member.kill());
      });
      await Promise.all(settled);
    },
    tell(news, except) {
      for (const member of everyone()) {
        if (member !== except) member.call('hear', news).catch(ignore);
      }
    },
    useTicketKey(key) {
      for (const member of everyone()) member.call('useTicketKey', key).catch(ignore);
    },
    async numbers() {
      const members = [...serving, ...leaving.keys()];
      const before = departed;
      const told = members.map(async (member) => {
        member.numbers = await within(NUMBERS_MS, member.call('metrics')).catch(() => member.numbers);
        return member.numbers;
      });
      return [await before, ...(await Promise.all(told))];
    },
    async stop(atOnce) {
      stopped = true;
      for (const pause of pauses) clearTimeout(pause);
      await inTurn(async () => {
        leave(serving);
        serving = new Set();
        reports.workers(0);
        void atOnce.then(() => {
          for (const member of leaving.keys()) member.call('stopAtOnce').catch(ignore);
        });
        await Promise.all(leaving.values());
      });
    },
  };
}

/** Who cannot be told is gone. */
function ignore(): void {}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
