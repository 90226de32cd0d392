// Does each trust store say what happens to revoked certificates, and can anybody tell which are?

import type { RevocationOptions } from '../../revocation/options.ts';
import type { NamedPart } from '../parts.ts';
import type { Report } from '../report.ts';
import type { TrustStoreOptions } from '../schema.ts';
import type { ConfigPath } from '../source.ts';

export function checkRevocation(stores: readonly NamedPart<TrustStoreOptions>[], report: Report): void {
  for (const { path, name, options } of stores) {
    const { revocation } = options;
    if (revocation === undefined) {
      const message = `revocation is off for trust store "${name}": revoked certificates are accepted`;
      report.warning(path, message, 'add `revocation:` with `mode` and `crl`; `mode: off` says that this is meant');
      continue;
    }
    if (revocation.mode === 'off') continue;
    checkOrder([...path, 'revocation'], revocation, report);
    checkHosts([...path, 'revocation'], revocation, report);
    if (revocation.mode !== 'hard' || hasSource(revocation)) continue;
    const message = 'hard mode without a source: every certificate would be refused';
    const remedy = 'name CRL files or URLs under `crl`, use `cdp` or `ocsp` with `allowHosts`, or `mode: off`';
    report.error([...path, 'revocation'], message, remedy);
  }
}

function hasSource({ crl, cdp, ocsp, order, allowHosts }: RevocationOptions): boolean {
  const hasHosts = allowHosts.length > 0;
  const hasLists = order.includes('crl') && (crl.length > 0 || (cdp && hasHosts));
  const hasResponder = order.includes('ocsp') && (typeof ocsp === 'string' || (ocsp && hasHosts));
  return hasLists || hasResponder;
}

/** A source that is configured and never asked is a mistake, and one that is asked and not configured is not. */
function checkOrder(path: ConfigPath, { crl, cdp, ocsp, order }: RevocationOptions, report: Report): void {
  const configured = { crl: crl.length > 0 || cdp, ocsp: ocsp !== false };
  for (const source of ['crl', 'ocsp'] as const) {
    if (!configured[source] || order.includes(source)) continue;
    const message = `\`order\` leaves out \`${source}\`, which is configured: it is never asked`;
    report.warning([...path, 'order'], message, `add ${source} to \`order\``);
  }
}

/** Design rule 9: what certificates name is asked only where the owner has listed the host. */
function checkHosts(path: ConfigPath, { cdp, ocsp, allowHosts }: RevocationOptions, report: Report): void {
  if (allowHosts.length > 0) return;
  const keys = [...(cdp ? ['cdp'] : []), ...(ocsp === true ? ['ocsp'] : [])];
  for (const key of keys) {
    const message = `\`${key}\` follows addresses in certificates, but \`allowHosts\` names no host: nobody is asked`;
    report.warning([...path, key], message, 'list the hosts of the authority under `allowHosts`');
  }
}
