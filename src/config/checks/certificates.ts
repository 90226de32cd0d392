// Is there one server certificate for each host that is served?

import type { ServerCertificate } from '../files/server-certificates.ts';
import { namesOf } from '../files/server-certificates.ts';
import { coversHost, normalizeHost } from '../hosts.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';

/** `certificates`: in the order of the settings, all of them loaded. */
export function checkCertificates(
  settings: ResolvedSettings,
  certificates: readonly ServerCertificate[],
  report: Report,
): void {
  checkDefaults(settings, report);
  checkTwice(certificates, report);
  settings.sites.forEach((site, index) => {
    site.hosts.forEach((host, position) => {
      const normal = normalizeHost(host);
      if (normal === undefined || normal === '*' || certificates.some((one) => serves(one, normal))) return;
      const message = `no server certificate covers "${host}": its clients cannot connect`;
      const remedy = 'add a certificate for it, or list it under the `hosts` of one that is good for it';
      report.warning(['sites', index, 'hosts', position], message, remedy);
    });
  });
}

/** By SNI, or without it: an address is never in SNI (RFC 6066 3), so the default certificate answers for it. */
function serves(certificate: ServerCertificate, host: string): boolean {
  return coversHost(certificate.hosts, host) || (certificate.isDefault && coversHost(namesOf(certificate.leaf), host));
}

function checkDefaults(settings: ResolvedSettings, report: Report): void {
  const defaults = settings.certificates.flatMap((options, index) => (options.default ? [index] : []));
  if (defaults.length === 0) {
    const remedy = 'set `default: true` on one of them, if such clients are to be served';
    report.warning(['certificates'], 'no default certificate: clients that send no SNI are refused', remedy);
  }
  for (const index of defaults.slice(1)) {
    const message = `certificates[${defaults[0]}] is the default already`;
    report.error(['certificates', index, 'default'], message, 'keep one default');
  }
}

function checkTwice(certificates: readonly ServerCertificate[], report: Report): void {
  const taken = new Map<string, number>();
  certificates.forEach(({ hosts }, index) => {
    for (const host of new Set(hosts)) {
      const other = taken.get(host);
      if (other === undefined) {
        taken.set(host, index);
        continue;
      }
      const message = `"${host}" is a host of certificates[${other}] already`;
      report.error(['certificates', index], message, 'list `hosts`, so that each name has one certificate');
    }
  });
}
