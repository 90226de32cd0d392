// Is a client's certificate valid under these anchors at this time?

import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import type { CheckStep } from './inspect.ts';
import { findPath, type PathInput } from './path.ts';

export interface ValidationInput extends PathInput {
  /** Told every check of the path that is reported, in order, passed or failed. */
  readonly trace?: (step: CheckStep) => void;
}

export type ValidationResult =
  /** `path`: leaf first, anchor last; the leaf alone where it is itself an anchor. */
  | { readonly ok: true; readonly path: readonly CertificateFacts[] }
  /** `at`: the certificate the refusal speaks of; undefined where it is the whole bag. */
  | { readonly ok: false; readonly refusal: Refusal; readonly at?: CertificateFacts };

/**
 * RFC 5280 6.1 for a TLS client, with path building. Revocation is judged beside it (judge-revocation.ts). Never throws
 * for what a client sent: of several failed paths the most telling refusal is given.
 */
export function validatePath({ trace, ...input }: ValidationInput): ValidationResult {
  const { maxPresented } = input.options;
  if (input.presented.length > maxPresented) {
    const note = `${input.presented.length} certificates behind the client’s own, at most ${maxPresented} are read`;
    return { ok: false, refusal: { code: 'certificate-invalid', check: 'presented-limit', note } };
  }
  const outcome = findPath(input);
  if (trace !== undefined) outcome.steps.forEach(trace);
  if ('path' in outcome) return { ok: true, path: outcome.path };
  return { ok: false, refusal: outcome.refusal, at: outcome.at };
}
