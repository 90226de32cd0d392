// The log of the process: pino, one JSON object per line. What must never be written is not handed to it in the first
// place: no header, no key, no body.

import { destination, type Logger, pino } from 'pino';
import type { ResolvedSettings } from '../config/resolve.ts';

export function createLogger({ level, file }: ResolvedSettings['log']): Logger {
  const output = destination({ dest: file ?? 1, sync: true, mkdir: true });
  // A full disk or a closed pipe costs lines and not the gateway; said once where it can be said.
  output.once('error', (error) => process.stderr.write(`portcullis: the log cannot be written: ${error.message}\n`));
  output.on('error', () => {});
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
}
