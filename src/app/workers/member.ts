// One worker as its primary sees it: a process, the calls to it, and what it writes.

import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { MetricsSnapshot } from '../../metrics/merge.ts';
import type { Log } from '../../model/log.ts';
import { createLink, type Link, type Offer } from './link.ts';
import type { PrimaryCalls, WorkerCalls } from './protocol.ts';

export interface Member extends Pick<Link<WorkerCalls>, 'call'> {
  readonly pid: number;
  /** Resolves when the process is gone, with why. */
  readonly gone: Promise<string>;
  /** What it has told last. */
  numbers: MetricsSnapshot;
  /** Number of its newest decision that was asked for. */
  seen: number;
  kill(): void;
}

const FILE = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
/** A line without an end is cut: the longest of ours have some kilobytes. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/** To be called once, before the first is made. */
export function prepareMembers(): void {
  // The primary takes connections and hands them out in turn: see docs/workers.md for what that costs and gives.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(FILE),
    args: [],
    // Bytes go as bytes.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

/** `offer`: what the worker may ask for. */
export function forkMember(offer: (member: Member) => Offer<PrimaryCalls>, log: Log): Member {
  const worker = cluster.fork();
  const gone = Promise.withResolvers<string>();
  const link: Link<WorkerCalls> = createLink<PrimaryCalls, WorkerCalls>(
    {
      tell: (news) => own.tell(news),
      recordCertificates: (seen) => own.recordCertificates(seen),
      recordReports: (entries) => own.recordReports(entries),
      readAnswer: (id) => own.readAnswer(id),
      writeAnswer: (answer) => own.writeAnswer(answer),
      fetchList: (request) => own.fetchList(request),
    },
    (message, onSent) => worker.process.send(message, undefined, undefined, onSent),
  );
  const member: Member = {
    pid: worker.process.pid ?? 0,
    call: link.call,
    gone: gone.promise,
    numbers: [],
    seen: 0,
    kill: () => void worker.process.kill('SIGKILL'),
  };
  const own = offer(member);
  worker.on('message', link.take);
  worker.on('error', (error) => log.error({ err: error, pid: member.pid }, 'a worker cannot be told'));
  passLines(worker.process.stdout, log);
  worker.process.once('exit', (code, signal) => {
    link.close();
    gone.resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
  });
  return member;
}

/** Whole lines, so that those of several processes do not mix. */
function passLines(stream: NodeJS.ReadableStream | null, log: Log): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) log.lines?.(rest + text.slice(0, end));
    rest = (end > 0 ? text.slice(end) : rest + text).slice(0, MAX_LINE_CHARACTERS);
  });
}
