// The logger as the rooms see it: the part of pino they use.

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A line of the level `info`, for which nothing has to be put into text: members in JSON, each with a comma before it. */
  line?(members: string, message: string): void;
  /** Whole lines that another process has made. */
  lines?(text: string): void;
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
