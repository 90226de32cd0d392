// Which listening sockets were we started with? Those of a systemd socket unit, after sd_listen_fds(3).

import { StartFault } from '../model/fault.ts';

/** The first one; those before it are standard input, output and error. */
const FIRST_DESCRIPTOR = 3;
/** More listeners than anybody has. */
const MOST = 64;

export interface InheritedSocketsInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this process. */
  readonly pid: number;
}

/** Descriptors, in the order of the socket unit; empty: none. Throws a StartFault when what is said makes no sense. */
export function findInheritedSockets({ env, pid }: InheritedSocketsInput): number[] {
  const { LISTEN_PID, LISTEN_FDS } = env;
  // Variables that were meant for a process around this one; its descriptors are not ours.
  if (LISTEN_FDS === undefined || LISTEN_PID !== String(pid)) return [];
  const count = Number(LISTEN_FDS);
  if (!Number.isInteger(count) || count < 0 || count > MOST) {
    throw new StartFault(`LISTEN_FDS is ${LISTEN_FDS}: a number up to ${MOST} was expected`);
  }
  return Array.from({ length: count }, (_, index) => FIRST_DESCRIPTOR + index);
}
