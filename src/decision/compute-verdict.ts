// One certificate under one trust store, judged from its bytes: the work behind a verdict.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Verdict } from '../model/verdict.ts';
import type { CheckedPath, RevocationCheck } from '../revocation/check.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import type { VerifiedIntermediates } from '../trust/verified-intermediates.ts';
import { nextDateChange } from '../validation/date-change.ts';
import type { ValidationOptions } from '../validation/options.ts';
import type { PathInput } from '../validation/path.ts';
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

/** A certificate with what came behind it. */
export type PresentedCertificates = Pick<Evidence, 'presented' | 'resumed'> & { readonly leaf: Uint8Array };

/** At once where nobody has to be asked. */
export function computeVerdict(
  evidence: PresentedCertificates,
  trust: TrustContext,
  options: ValidationOptions,
  now: number,
): Verdict | Promise<Verdict> {
  const input = readPathInput(evidence, trust, options, now);
  if (input instanceof Malformed) {
    // A refusal by the bytes alone does not depend on time.
    const refusal = { code: 'certificate-invalid', check: 'encoding', note: input.message } as const;
    return { valid: false, refusal, validUntil: Number.POSITIVE_INFINITY };
  }
  const result = validatePath(input);
  if (!result.ok) {
    const { leaf, presented, anchors, intermediates } = input;
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

/** What there is to find a path with; Malformed: the client's own certificate cannot be read. */
export function readPathInput(
  { leaf: der, presented, resumed }: PresentedCertificates,
  { store, pool }: TrustContext,
  options: ValidationOptions,
  at: number,
): PathInput | Malformed {
  const leaf = parse(der, options);
  if (leaf instanceof Malformed) return leaf;
  const { anchors, intermediates } = store;
  return {
    leaf,
    presented: resumed ? pool.above(leaf, options.maxPresented) : parseBag(presented, options),
    anchors,
    intermediates,
    at,
    options,
  };
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
