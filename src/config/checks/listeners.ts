// Can all sockets be bound side by side?

import { canonicalHost } from '../../policy/canonical-host.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { type ConfigPath, formatPath } from '../source.ts';

interface Socket {
  readonly path: ConfigPath;
  readonly host: string;
  readonly port: number;
}

const EVERY_ADDRESS: readonly string[] = ['0.0.0.0', '[::]'];
const HIGHEST_PORT = 65_535;

export function checkListeners(settings: ResolvedSettings, report: Report): void {
  const addresses: [ConfigPath, string][] = settings.listeners.map(({ address }, index) => [
    ['listeners', index, 'address'],
    address,
  ]);
  if (settings.probes !== undefined) addresses.push([['probes', 'address'], settings.probes.address]);
  if (settings.admin !== undefined) addresses.push([['admin', 'address'], settings.admin.address]);

  const bound: Socket[] = [];
  for (const [path, address] of addresses) {
    const socket = readAddress(path, address);
    const other = bound.find((earlier) => overlaps(earlier, socket));
    if (socket.port > HIGHEST_PORT) {
      report.error(path, `port ${socket.port} does not exist`, `use a port up to ${HIGHEST_PORT}`);
    } else if (other !== undefined) {
      report.error(path, `${address} is taken by ${formatPath(other.path)}`, 'give each its own address or port');
    }
    bound.push(socket);
  }
}

function readAddress(path: ConfigPath, address: string): Socket {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return { path, host: canonicalHost(host) ?? host, port: Number(address.slice(colon + 1)) };
}

/** Port 0 is a free port each time. */
function overlaps(a: Socket, b: Socket): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || EVERY_ADDRESS.includes(a.host) || EVERY_ADDRESS.includes(b.host);
}
