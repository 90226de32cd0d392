// The log of the process: pino, one JSON object per line. What must never be written is not handed to it in the first
// place: no header, no key, no body.

import { type Logger, pino } from 'pino';
import type { ResolvedSettings } from '../config/resolve.ts';
import { systemClock } from '../model/clock.ts';
import { member } from '../model/json-text.ts';
import type { Log } from '../model/log.ts';
import { openLogOutput } from './log-output.ts';

/** Throws when the file cannot be opened. */
export function createLogger({ level, file }: ResolvedSettings['log']): Logger & Log {
  const output = openLogOutput(file);
  const timestamp = createTimestamp();
  const options = { level, base: null, timestamp, formatters: { level: (label: string) => ({ level: label }) } };
  const log = pino(options, output);
  // As pino writes lines, at a fraction of the cost: there is one for each request.
  const line = log.isLevelEnabled('info')
    ? (members: string, message: string) =>
        output.write(`{"level":"info"${timestamp()}${members}${member('msg', message)}}\n`)
    : () => {};
  return Object.assign(log, { line, lines: output.write });
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
