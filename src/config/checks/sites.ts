// Does each host lead to one site only?

import { normalizeHost } from '../hosts.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { type ConfigPath, formatPath } from '../source.ts';

export function checkSites(settings: ResolvedSettings, report: Report): void {
  const taken = new Map<string, ConfigPath>();
  settings.sites.forEach((site, index) => {
    site.hosts.forEach((host, position) => {
      const path = ['sites', index, 'hosts', position];
      const normal = normalizeHost(host);
      const other = normal === undefined ? undefined : taken.get(normal);
      if (normal === undefined) {
        report.error(path, `"${host}" is no name of a host`, 'write a DNS name, an IP address ([...] for IPv6) or "*"');
      } else if (other === undefined) {
        taken.set(normal, path);
      } else {
        report.error(path, `"${normal}" is a host of ${formatPath(other)} already`, 'name each host once');
      }
    });
  });
}
