// How do tests ask the validator? With sound options and a fixed time, and one refusal to compare.

import type { Test } from 'tap';
import type { ReasonCode } from '../../../src/model/reasons.ts';
import type { CheckStep } from '../../../src/validation/inspect.ts';
import { type ValidationOptions, validationOptions } from '../../../src/validation/options.ts';
import { type ValidationResult, validatePath } from '../../../src/validation/validate.ts';
import type { TestCertificate } from '../../kit/pki.ts';

/** Full seconds, as certificates have them. */
export const NOW = Math.floor(Date.now() / 1000) * 1000;
export const DAY_MS = 86_400_000;

export interface Question {
  readonly leaf: TestCertificate;
  readonly presented?: readonly TestCertificate[];
  readonly anchors: readonly TestCertificate[];
  readonly intermediates?: readonly TestCertificate[];
  readonly at?: number;
  readonly options?: Partial<ValidationOptions>;
  readonly trace?: (step: CheckStep) => void;
}

export function ask({ leaf, presented = [], anchors, intermediates = [], at = NOW, options, trace }: Question) {
  const factsOf = (certificates: readonly TestCertificate[]) => certificates.map(({ facts }) => facts);
  return validatePath({
    leaf: leaf.facts,
    presented: factsOf(presented),
    anchors: factsOf(anchors),
    intermediates: factsOf(intermediates),
    at,
    options: { ...validationOptions.parse({}), ...options },
    ...(trace === undefined ? {} : { trace }),
  });
}

/** The leaf with the intermediates above it, under its root. */
export function askChain(leaf: TestCertificate, more: Partial<Question> = {}): ValidationResult {
  return ask({ leaf, presented: leaf.issuers.slice(0, -1), anchors: [leaf.root], ...more });
}

export function accepts(t: Test, result: ValidationResult, path: readonly TestCertificate[], message: string) {
  if (!result.ok) {
    t.fail(`${message}: ${result.refusal.code} ${result.refusal.check}: ${result.refusal.note}`);
    return;
  }
  t.strictSame(
    result.path.map(({ fingerprint }) => fingerprint),
    path.map(({ facts }) => facts.fingerprint),
    message,
  );
}

/** `at`: the certificate that the refusal must speak of. */
export function refuses(
  t: Test,
  result: ValidationResult,
  [code, check, at]: readonly [ReasonCode, string, TestCertificate?],
  message: string,
) {
  if (result.ok) {
    t.fail(`${message}: accepted`);
    return;
  }
  t.strictSame({ code: result.refusal.code, check: result.refusal.check }, { code, check }, message);
  if (at !== undefined) t.equal(result.at?.fingerprint, at.facts.fingerprint, `${message}: speaks of the right one`);
  t.match(result.refusal.note, /^[\x20-\x7e’]+$/, `${message}: says what was found`);
}
