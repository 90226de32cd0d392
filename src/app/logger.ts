// The log of the process: pino, one JSON object per line. What must never be written is not handed to it in the first
// place: no header, no key, no body.

import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { ResolvedSettings } from '../config/resolve.ts';
import { systemClock } from '../model/clock.ts';

/** Lines are written together, some sixty at a time, and no line waits for longer than this. */
const GATHERED_BYTES = 60 * 1024;
const MOST_WRITTEN_BYTES = 64 * 1024;
const FLUSH_INTERVAL_MS = 50;
/** What waits for a disk or a pipe that takes nothing: some ten thousand lines. Those that come then are lost. */
const WAITING_BYTES = 8 * 1024 * 1024;

/** Throws when the file cannot be opened. What waits when the process ends is written then. */
export function createLogger({ level, file }: ResolvedSettings['log']): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
    },
    openOutput(file),
  );
}

function openOutput(file: string | undefined): DestinationStream & { flushSync(): void } {
  const output = destination({
    dest: file === undefined ? 1 : openLog(file),
    sync: false,
    minLength: GATHERED_BYTES,
    maxWrite: MOST_WRITTEN_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
    maxLength: WAITING_BYTES,
    contentMode: 'buffer',
  });
  // A full disk or a closed pipe costs lines and not the gateway; said once where it can be said.
  output.once('error', (error) => process.stderr.write(`portcullis: the log cannot be written: ${error.message}\n`));
  output.once('drop', () => process.stderr.write('portcullis: the log takes no more lines: some are lost\n'));
  let isFailing = false;
  output.on('error', () => {
    isFailing = true;
  });
  output.on('write', () => {
    isFailing = false;
  });
  // What waits cannot be written then: sonic-boom would try without end, and the process would have none.
  process.prependOnceListener('exit', () => {
    if (isFailing) output.destroy();
  });
  return {
    // As bytes at once: sonic-boom joins text anew with every line that waits.
    write: (line) => output.write(Buffer.from(line) as unknown as string),
    flushSync() {
      if (!isFailing) output.flushSync();
    },
  };
}

/** As pino's own ISO time, which is put into text anew for each line; there are many in a millisecond. */
function createTimestamp(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = systemClock();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a');
}
