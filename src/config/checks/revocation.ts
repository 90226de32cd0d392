// Does each trust store say what happens to revoked certificates, and can anybody tell which are?

import type { NamedPart } from '../parts.ts';
import type { Report } from '../report.ts';
import type { TrustStoreOptions } from '../schema.ts';

export function checkRevocation(stores: readonly NamedPart<TrustStoreOptions>[], report: Report): void {
  for (const { path, name, options } of stores) {
    const { revocation } = options;
    if (revocation === undefined) {
      const message = `revocation is off for trust store "${name}": revoked certificates are accepted`;
      report.warning(path, message, 'add `revocation:` with `mode` and `crl`; `mode: off` says that this is meant');
      continue;
    }
    const { mode, crl, cdp, ocsp } = revocation;
    if (mode !== 'hard' || crl.length > 0 || cdp || ocsp !== false) continue;
    const message = 'hard mode without a source: every certificate would be refused';
    report.error([...path, 'revocation'], message, 'name CRL files under `crl`, or use `mode: off`');
  }
}
