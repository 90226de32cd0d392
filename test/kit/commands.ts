// The commands of the directory as processes of their own, with one configuration.

import type { Test } from 'tap';
import { type Ended, runProcess } from './process.ts';

export interface Commands {
  /** Runs it to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** The same for one that must succeed; gives what it wrote. */
  done(...args: readonly string[]): Promise<string>;
  /** What it writes with `--json`. */
  json<T>(...args: readonly string[]): Promise<T>;
}

/** `file`: the configuration. File names among the arguments are relative to `cwd`. */
export function commandsOn(t: Test, file: string, cwd: string): Commands {
  const run = (...args: readonly string[]) => runProcess(t, [...args, '-c', file], { cwd });
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  return { run, done, json: async (...args) => JSON.parse(await done(...args, '--json')) };
}
