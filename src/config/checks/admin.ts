// May those who use the admin API be told apart, and would their tokens be seen by others on their way?

import type { CertificateFacts } from '../../model/certificate.ts';
import { compileAdmission } from '../../policy/admission.ts';
import { authoritiesOf } from '../../trust/trust-store.ts';
import type { LoadedTrust } from '../files/trust-stores.ts';
import { normalizeHost } from '../hosts.ts';
import { suggest } from '../nearest.ts';
import type { Report } from '../report.ts';
import type { ResolvedSettings } from '../resolve.ts';
import { checkMatches } from './modes.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):\d+$/;

export function checkAdmin({ admin, trust }: ResolvedSettings, report: Report): void {
  if (admin === undefined) return;
  const { address, hosts, tls, clients } = admin;
  if (tls === undefined && !LOOPBACK.test(address)) {
    report.warning(
      ['admin', 'address'],
      'other machines may reach the admin address, and tokens cross the network in the clear',
      'set `admin.tls`, or use 127.0.0.1 and a tunnel',
    );
  }
  hosts.forEach((host, position) => {
    const name = normalizeHost(host);
    if (name === undefined || name.includes('*')) {
      const remedy = 'write a DNS name, without a port and without *';
      report.error(
        ['admin', 'hosts', position],
        `"${host}" is no name that the admin address can be called by`,
        remedy,
      );
    }
  });
  if (clients === undefined) return;
  const path = ['admin', 'clients'];
  if (tls === undefined) {
    const remedy = 'set `admin.tls: { cert: FILE, key: FILE }` beside it';
    report.error(path, 'without TLS nobody can show a certificate', remedy);
  }
  if (!Object.hasOwn(trust, clients.trust)) {
    const remedy = suggest(clients.trust, Object.keys(trust));
    report.error([...path, 'trust'], `no trust store is called "${clients.trust}"`, remedy);
  }
  clients.rules.forEach((rule, index) => {
    checkMatches([...path, 'rules', index], rule, report);
  });
}

/** `trustStores`: every store that is configured. */
export function checkAdminClients(
  { admin }: ResolvedSettings,
  trustStores: ReadonlyMap<string, LoadedTrust>,
  report: Report,
): void {
  if (admin?.clients === undefined) return;
  const { trust, rules } = admin.clients;
  const loaded = trustStores.get(trust);
  const authorities: readonly CertificateFacts[] = loaded === undefined ? [] : authoritiesOf(loaded.store);
  rules.forEach((rule, index) => {
    const { problems } = compileAdmission({ ...rule, trust }, authorities);
    for (const { list, entry, message } of problems) {
      report.error(['admin', 'clients', 'rules', index, list, entry], message, 'correct the rule');
    }
  });
}
