// The log of the process: pino, one JSON object per line. What must never be written is not handed to it in the first
// place: no header, no key, no body.

import { type Logger, pino } from 'pino';
import type { ResolvedSettings } from '../config/resolve.ts';
import { systemClock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { type LogOutput, openLogOutput } from './log-output.ts';

/** Throws when the file cannot be opened. */
export function createLogger({ level, file }: ResolvedSettings['log']): Logger & Log {
  const output = openLogOutput(file);
  const timestamp = createTimestamp();
  const options = { level, base: null, timestamp, formatters: { level: (label: string) => ({ level: label }) } };
  const log = pino(options, output);
  const series = log.isLevelEnabled('info') ? createSeries(output, timestamp) : () => () => {};
  return Object.assign(log, { series, lines: output.write });
}

/** Lines as pino writes them, at a third of the cost: there is one for each request. */
function createSeries(output: LogOutput, timestamp: () => string): NonNullable<Log['series']> {
  const members = (fields: object) => {
    const text = JSON.stringify(fields).slice(1, -1);
    return text === '' ? '' : `,${text}`;
  };
  return (fields, message) => {
    const common = members(fields);
    const end = `,"msg":${JSON.stringify(message)}}\n`;
    return (more) => output.write(`{"level":"info"${timestamp()}${common}${members(more)}${end}`);
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
