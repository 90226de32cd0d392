// How much processor time does something take? All threads of this process, so that collecting its garbage counts too.

/** Long enough for the clock of the system, which counts in ms. */
const ROUND_MS = 150;
const ROUNDS = 5;

/** CPU of one call in ms: the median of five rounds, each over all of them in turn. `most`: not more calls than that, at once. */
export async function measureCpuMs(calls: readonly (() => unknown)[], most?: number): Promise<number> {
  if (most !== undefined) return runRound(calls, (done) => done < most);
  // The compiler has seen it before it counts.
  await runRound(calls, (_, ms) => ms < ROUND_MS);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await runRound(calls, (_, ms) => ms < ROUND_MS));
  return rounds.sort((one, other) => one - other)[ROUNDS >> 1] ?? Number.NaN;
}

/** Looks at the clock after each pass over the calls. */
async function runRound(
  calls: readonly (() => unknown)[],
  goesOn: (done: number, ms: number) => boolean,
): Promise<number> {
  const begin = process.cpuUsage();
  let done = 0;
  let ms = 0;
  while (goesOn(done, ms)) {
    for (const call of calls) {
      const result = call();
      if (result instanceof Promise) await result;
    }
    done += calls.length;
    const { user, system } = process.cpuUsage(begin);
    ms = (user + system) / 1000;
  }
  return ms / done;
}
