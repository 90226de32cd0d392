// Do the time limits leave room for each other?

import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';

export function checkTimeouts({ timeouts }: Pick<ResolvedSettings, 'timeouts'>, report: Report): void {
  const { head, request } = timeouts;
  if (head <= request) return;
  // The head is a part of the request; node:http throws a RangeError when it may take longer than the whole.
  const message = `a request head may take ${head} ms, and the whole request only ${request} ms`;
  report.error(['timeouts', 'head'], message, 'set `timeouts.head` to no more than `timeouts.request`');
}
