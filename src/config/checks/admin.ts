// Would tokens of the admin API be seen by others on their way?

import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):\d+$/;

export function checkAdmin({ admin }: ResolvedSettings, report: Report): void {
  if (admin === undefined || LOOPBACK.test(admin.address)) return;
  report.warning(
    ['admin', 'address'],
    'other machines may reach the admin address, and tokens cross the network in the clear',
    'use 127.0.0.1 and a tunnel, or make sure that nobody reads along',
  );
}
