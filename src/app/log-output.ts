// Where do the lines of the log go? Gathered, and written beside the event loop by pino's own means.

import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { destination } from 'pino';

/** Lines are handed over together, some hundred at a time, and no line waits for longer than this. */
const GATHERED_CHARACTERS = 64 * 1024;
const GATHERING_MS = 50;
/** What waits for a disk or a pipe that takes nothing: some ten thousand lines. Those that come then are lost. */
const WAITING_BYTES = 8 * 1024 * 1024;

export interface LogOutput {
  write(line: string): void;
  /** Writes at once what waits; for the end of the process only. */
  flushSync(): void;
}

/** `file`: standard output when left out. Throws when it cannot be opened. */
export function openLogOutput(file: string | undefined): LogOutput {
  const fd = file === undefined ? 1 : openLog(file);
  const output = destination({ dest: fd, sync: false, maxLength: WAITING_BYTES, contentMode: 'buffer' });
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

  let gathered = '';
  let timer: NodeJS.Timeout | undefined;
  function take(): Buffer {
    clearTimeout(timer);
    timer = undefined;
    const bytes = Buffer.from(gathered);
    gathered = '';
    return bytes;
  }
  // The types know text only, which is what it takes unless `contentMode` says otherwise.
  const handOver = () => output.write(take() as unknown as string);

  return {
    write(line) {
      gathered += line;
      if (gathered.length >= GATHERED_CHARACTERS) handOver();
      else timer ??= setTimeout(handOver, GATHERING_MS);
    },
    flushSync() {
      if (isFailing) return;
      output.flushSync();
      writeSync(fd, take());
    },
  };
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a');
}
