// May Redis be asked now? A fault costs time once; then Redis is left alone until it shows that it is back.

import type { Log } from '../model/log.ts';
import type { Commands, Outcome, RedisConnection } from './connection.ts';

/** `beat` is the regular look at the counter, behind which no request waits. */
export type CommandKind = 'read' | 'write' | 'beat';

/** What is counted and measured; the metrics have the same shape. */
export interface RedisReports {
  redisCommand(
    kind: CommandKind,
    outcome: 'done' | 'unreachable' | 'silent' | 'refused' | 'skipped',
    /** Where it was sent. */
    seconds?: number,
  ): void;
  /** Whether Redis can be used for it at the moment. */
  redisUsable(use: 'reading' | 'writing', usable: boolean): void;
  /** What was found where a value was looked for. */
  redisValue(outcome: 'hit' | 'miss' | 'outdated' | 'unreadable'): void;
}

export interface Breaker {
  /** While it is open no command is sent, and no time is lost. */
  readonly open: boolean;
  /** The value; undefined when it was not asked for, or not had. Never rejects. */
  run<T>(kind: CommandKind, command: (commands: Commands) => Promise<T>): Promise<T | undefined>;
}

export interface BreakerInput {
  readonly connection: RedisConnection;
  /** Failures in a row after which it opens. */
  readonly failures: number;
  readonly log: Log;
  readonly reports: RedisReports;
  /** Redis can be used again for what it could not. */
  readonly onBack: () => void;
}

/** Only a beat closes it again: no request is the one that tries. */
export function createBreaker({ connection, failures, log, reports, onBack }: BreakerInput): Breaker {
  let failed = 0;
  let open = false;
  // A Redis that is full or a replica can be read all the same: it is tried with one write between two beats.
  let writing: 'usable' | 'refused' | 'due' = 'usable';
  reports.redisUsable('reading', true);
  reports.redisUsable('writing', true);

  function mayRun(kind: CommandKind): boolean {
    if (kind === 'beat') return true;
    if (open || (kind === 'write' && writing === 'refused')) return false;
    if (kind === 'write' && writing === 'due') writing = 'refused';
    return true;
  }

  function noteSuccess(kind: CommandKind): void {
    failed = 0;
    if (kind === 'write' && writing !== 'usable') {
      writing = 'usable';
      reports.redisUsable('writing', true);
      log.info({}, 'Redis takes values again');
      onBack();
    }
    if (kind !== 'beat') return;
    if (writing === 'refused') writing = 'due';
    if (!open) return;
    open = false;
    reports.redisUsable('reading', true);
    log.info({}, 'Redis can be used again');
    onBack();
  }

  function noteFailure(kind: CommandKind, { why, reason }: Extract<Outcome<unknown>, { ok: false }>): void {
    if (kind === 'write' && why === 'refused') {
      if (writing !== 'usable') return;
      writing = 'refused';
      reports.redisUsable('writing', false);
      log.warn({ reason }, 'Redis takes no values; it is read only, until it does');
      return;
    }
    failed++;
    if (open || failed < failures) return;
    open = true;
    reports.redisUsable('reading', false);
    log.warn({ reason }, 'Redis cannot be used; every certificate is judged without it, until it can');
  }

  return {
    get open() {
      return open;
    },
    async run(kind, command) {
      if (!mayRun(kind)) {
        reports.redisCommand(kind, 'skipped');
        return undefined;
      }
      const begin = performance.now();
      const outcome = await connection.send(command);
      const seconds = (performance.now() - begin) / 1000;
      reports.redisCommand(kind, outcome.ok ? 'done' : outcome.why, seconds);
      if (outcome.ok) {
        noteSuccess(kind);
        return outcome.value;
      }
      noteFailure(kind, outcome);
      return undefined;
    },
  };
}
