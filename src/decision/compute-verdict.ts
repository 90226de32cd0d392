// One certificate under one trust store, judged from its bytes: the work behind a verdict.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Verdict } from '../model/verdict.ts';
import type { CheckedPath, RevocationCheck } from '../revocation/check.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import type { VerifiedIntermediates } from '../trust/verified-intermediates.ts';
import { nextDateChange } from '../validation/date-change.ts';
import type { CheckStep } from '../validation/inspect.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { validatePath } from '../validation/validate.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { Malformed } from '../x509/malformed.ts';

/** A trust store with everything that judging under it needs. */
export interface TrustContext {
  readonly store: TrustStore;
  readonly revocation: RevocationCheck;
  /** What stands in for the presented certificates on a resumed session (design rule 3). */
  readonly pool: VerifiedIntermediates;
}

/** At once where nobody has to be asked. */
export function computeVerdict(
  evidence: Pick<Evidence, 'presented' | 'resumed'> & { readonly leaf: Uint8Array },
  trust: TrustContext,
  options: ValidationOptions,
  now: number,
  trace?: (step: CheckStep) => void,
): Verdict | Promise<Verdict> {
  const leaf = parse(evidence.leaf, options);
  if (leaf instanceof Malformed) {
    // A refusal by the bytes alone does not depend on time.
    const refusal = { code: 'certificate-invalid', check: 'encoding', note: leaf.message } as const;
    return { valid: false, refusal, validUntil: Number.POSITIVE_INFINITY };
  }
  const presented = evidence.resumed ? trust.pool.above(leaf) : parseBag(evidence.presented, options);
  const { anchors, intermediates } = trust.store;
  const input = { leaf, presented, anchors, intermediates, at: now, options };
  const result = validatePath(trace ? { ...input, trace } : input);
  if (!result.ok) {
    const all = [leaf, ...presented, ...anchors, ...intermediates];
    return { valid: false, refusal: result.refusal, validUntil: nextDateChange(all, now, options.skew) };
  }
  const { path } = result;
  const checked = trust.revocation.check(path, now);
  const settle = ({ answers, validUntil }: CheckedPath): Verdict => ({
    valid: true,
    path,
    revocation: answers,
    validUntil: Math.min(nextDateChange(path, now, options.skew), validUntil),
  });
  return checked instanceof Promise ? checked.then(settle) : settle(checked);
}

function parse(der: Uint8Array, options: ValidationOptions): CertificateFacts | Malformed {
  try {
    return parseCertificate(der, options.maxCertificateBytes);
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}

/** What was sent behind the leaf is an untrusted bag: junk in it must not change the verdict, nor cost much. */
function parseBag(ders: readonly Uint8Array[], options: ValidationOptions): CertificateFacts[] {
  return ders
    .slice(0, options.maxPresented + 1)
    .map((der) => parse(der, options))
    .filter((facts): facts is CertificateFacts => !(facts instanceof Malformed));
}
