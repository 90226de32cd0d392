// The logger as the rooms see it: the part of pino they use.

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Lines of the level `info` that all begin with these fields and have this message, which are put into text once. */
  series?(fields: object, message: string): (more: object) => void;
  /** Whole lines that another process has made. */
  lines?(text: string): void;
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
