// Which chain of issuers leads from a certificate to an anchor and passes every check?

import type { CertificateFacts } from '../model/certificate.ts';
import type { ReasonCode } from '../model/reasons.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { type Candidate, candidatesFor, type Pool, poolOf } from './candidates.ts';
import { remainingPurposes } from './checks/extended-key-usage.ts';
import { checkIssuerSignature } from './checks/signature.ts';
import { type CheckStep, type Failure, inspectPlace, moreTelling, stepOf } from './inspect.ts';
import type { ValidationOptions } from './options.ts';

export interface PathInput {
  readonly leaf: CertificateFacts;
  /** What the client sent behind its leaf: an untrusted bag, in any order. */
  readonly presented: readonly CertificateFacts[];
  readonly anchors: readonly CertificateFacts[];
  /** The trust store's own, used for building only. */
  readonly intermediates: readonly CertificateFacts[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly options: ValidationOptions;
}

/** The verified path, leaf first; or the most telling failure of all paths tried. `steps` are those of that path. */
export type PathOutcome = FoundPath | FailedPath;

export interface FoundPath {
  readonly path: readonly CertificateFacts[];
  readonly steps: readonly CheckStep[];
}

export interface FailedPath extends Failure {
  readonly steps: readonly CheckStep[];
  /** No other path can give another answer, or none may be tried any more. */
  readonly final: boolean;
}

interface Search {
  readonly input: PathInput;
  readonly pool: Pool;
  signatureChecksLeft: number;
}

/** A part of a path, from the leaf up to one certificate that passed its checks. */
interface Ascent {
  /** Leaf first; never empty. */
  readonly path: readonly CertificateFacts[];
  readonly top: CertificateFacts;
  /** What the next issuer has to count against its path length. */
  readonly counted: number;
  readonly purposes: readonly string[];
  /** Dates or usage that forbid every path that begins like this; see Inspection. */
  readonly unfit: Failure | undefined;
  readonly steps: readonly CheckStep[];
}

/**
 * Depth first with backtracking (RFC 4158 2.4.2). An issuer is inspected before a signature is checked with its key, and
 * nothing above it is looked at unless the signature holds: the search never leaves what issuers have really signed, and
 * `maxSignatureChecks` bounds its cost.
 */
export function findPath(input: PathInput): PathOutcome {
  const { leaf, at, options } = input;
  const inspection = inspectPlace({
    certificate: leaf,
    role: 'leaf',
    countedBelow: 0,
    purposes: options.eku,
    at,
    options,
  });
  const { broken, unfit, steps } = inspection;
  if (broken !== undefined) return { ...broken, steps, final: true };
  const purposes = remainingPurposes(leaf, options.eku);
  const ascent: Ascent = { path: [leaf], top: leaf, counted: 0, purposes, unfit, steps };
  if (input.anchors.some((anchor) => anchor.fingerprint === leaf.fingerprint)) return endAtLeaf(ascent);
  const pool = poolOf(input.anchors, [...input.presented, ...input.intermediates]);
  return climb({ input, pool, signatureChecksLeft: options.maxSignatureChecks }, ascent);
}

/**
 * A leaf that is itself among the anchors: an end entity was put there to be trusted as it is (RFC 5280 6.1.1 (d)
 * leaves open what an anchor is); an authority was put there for what it issues, and is no client.
 */
function endAtLeaf(ascent: Ascent): PathOutcome {
  if (ascent.top.known.basicConstraints?.ca === true) {
    return failureAt(ascent, 'certificate-untrusted', 'issuer', 'it is an authority of the trust store, no client');
  }
  return endAt(ascent);
}

/** Tries every issuer of the top certificate, until one leads to a path that passes. */
function climb(search: Search, ascent: Ascent): PathOutcome {
  const { maxPathLength } = search.input.options;
  if (ascent.path.length >= maxPathLength) {
    return failureAt(ascent, 'certificate-invalid', 'path-limit', `no anchor among ${maxPathLength} certificates`);
  }
  let failed: FailedPath | undefined;
  for (const candidate of candidatesFor(ascent.top, search.pool)) {
    if (isInPath(candidate.certificate, ascent)) continue;
    const outcome = ascend(search, ascent, candidate);
    if ('path' in outcome || outcome.final) return outcome;
    failed = fartherOf(failed, outcome);
  }
  const note = `no issuer is known of the name ${formatRfc4514(ascent.top.issuer)}`;
  return failed ?? failureAt(ascent, 'certificate-untrusted', 'issuer', note);
}

/** Goes on through one issuer. */
function ascend(search: Search, ascent: Ascent, { certificate, role }: Candidate): PathOutcome {
  const { at, options } = search.input;
  const { counted, purposes } = ascent;
  const inspection = inspectPlace({ certificate, role, countedBelow: counted, purposes, at, options });
  const steps = [...ascent.steps, ...inspection.steps];
  if (inspection.broken !== undefined) return { ...inspection.broken, steps, final: false };
  if (search.signatureChecksLeft === 0) {
    const note = `${options.maxSignatureChecks} signatures were checked without finding a path`;
    return { ...failureAt(ascent, 'certificate-invalid', 'budget', note), final: true };
  }
  search.signatureChecksLeft -= 1;
  const refusal = checkIssuerSignature(ascent.top, certificate);
  const step = stepOf(refusal?.check ?? 'signature', ascent.top, refusal?.note);
  if (refusal !== undefined) return { refusal, at: ascent.top, steps: [...ascent.steps, step], final: false };
  const next: Ascent = {
    path: [...ascent.path, certificate],
    top: certificate,
    // RFC 5280 6.1.4 (l): self-issued certificates do not use up the path length.
    counted: counted + (isSelfIssued(certificate) ? 0 : 1),
    purposes: remainingPurposes(certificate, purposes),
    unfit: moreTelling(ascent.unfit, inspection.unfit),
    steps: [...ascent.steps, step, ...inspection.steps],
  };
  return role === 'anchor' ? endAt(next) : climb(search, next);
}

/** An anchor is reached: what is left to say is whether dates and usage are right. */
function endAt({ path, unfit, steps }: Ascent): PathOutcome {
  if (unfit === undefined) return { path, steps };
  // What is wrong with the leaf itself is wrong on every path.
  return { ...unfit, steps, final: unfit.at === path[0] };
}

function failureAt({ top, steps }: Ascent, code: ReasonCode, check: string, note: string): FailedPath {
  return { refusal: { code, check, note }, at: top, steps: [...steps, stepOf(check, top, note)], final: false };
}

/** Of two failed paths the more telling; of equals the one that came farther: a namesake of an issuer fails early. */
function fartherOf(first: FailedPath | undefined, second: FailedPath): FailedPath | undefined {
  const isFarther = first !== undefined && second.steps.length > first.steps.length;
  return isFarther ? moreTelling(second, first) : moreTelling(first, second);
}

/** Name and key together say who an issuer is: no path passes it twice (RFC 4158 2.4.2), whatever certificate it shows. */
function isInPath(certificate: CertificateFacts, { path }: Ascent): boolean {
  return path.some(
    (passed) =>
      passed.publicKey.spkiHash === certificate.publicKey.spkiHash &&
      passed.subject.matchKey === certificate.subject.matchKey,
  );
}

function isSelfIssued({ subject, issuer }: CertificateFacts): boolean {
  return subject.matchKey === issuer.matchKey;
}
