// Which chain of issuers leads from a certificate to an anchor and passes every check?

import type { CertificateFacts } from '../model/certificate.ts';
import type { ReasonCode } from '../model/reasons.ts';
import { summarizeName } from '../x509/name-text.ts';
import { type Candidate, candidatesFor, type Pool, poolOf } from './candidates.ts';
import { remainingPurposes } from './checks/extended-key-usage.ts';
import { type CheckStep, type Failure, inspectPlace, moreTelling, stepOf } from './inspect.ts';
import { checkNameConstraints } from './name-constraints/check-name-constraints.ts';
import type { ValidationOptions } from './options.ts';
import { invalid, placeAlone } from './place.ts';
import { checkPolicies } from './policies/check-policies.ts';
import { askSignature, countCompletePath, type Search, startSearch } from './search.ts';
import { isSelfIssued } from './self-issued.ts';

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

interface Hunt {
  readonly input: PathInput;
  readonly pool: Pool;
  readonly search: Search;
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
 * neither its name constraints nor anything above it is looked at unless the signature holds: the search never leaves
 * what issuers have really signed, and the options bound its cost.
 */
export function findPath(input: PathInput): PathOutcome {
  const { leaf, at, options } = input;
  const { broken, unfit, steps } = inspectPlace(placeAlone(leaf, 'leaf', at, options));
  if (broken !== undefined) return { ...broken, steps, final: true };
  const purposes = remainingPurposes(leaf, options.eku);
  const ascent: Ascent = { path: [leaf], top: leaf, counted: 0, purposes, unfit, steps };
  if (input.anchors.some((anchor) => anchor.fingerprint === leaf.fingerprint)) return endAtLeaf(ascent, options);
  const pool = poolOf(input.anchors, [...input.presented, ...input.intermediates]);
  return climb({ input, pool, search: startSearch(options) }, ascent);
}

/**
 * A leaf that is itself among the anchors: an end entity was put there to be trusted as it is (RFC 5280 6.1.1 (d)
 * leaves open what an anchor is); an authority was put there for what it issues, and is no client.
 */
function endAtLeaf(ascent: Ascent, options: ValidationOptions): PathOutcome {
  if (ascent.top.known.basicConstraints?.ca === true) {
    return failureAt(ascent, 'certificate-untrusted', 'issuer', 'it is an authority of the trust store, no client');
  }
  return endAt(ascent, options);
}

/** Tries every issuer of the top certificate, until one leads to a path that passes. */
function climb(hunt: Hunt, ascent: Ascent): PathOutcome {
  const { input, pool, search } = hunt;
  const { maxPathLength, maxIssuerTries } = input.options;
  if (ascent.path.length >= maxPathLength) {
    return failureAt(ascent, 'certificate-invalid', 'path-limit', `no anchor among ${maxPathLength} certificates`);
  }
  let failed: FailedPath | undefined;
  for (const candidate of candidatesFor(ascent.top, pool, input.at)) {
    if (isInPath(candidate.certificate, ascent)) continue;
    if (search.issuerTriesLeft === 0) return exhausted(ascent, `${maxIssuerTries} issuers were tried`);
    search.issuerTriesLeft -= 1;
    const outcome = ascend(hunt, ascent, candidate);
    if ('path' in outcome || outcome.final) return outcome;
    failed = fartherOf(failed, outcome);
  }
  return failed ?? failureAt(ascent, 'certificate-untrusted', 'issuer', noteNoIssuer(ascent.top));
}

export function noteNoIssuer({ issuer }: CertificateFacts): string {
  return `no issuer is known of the name ${summarizeName(issuer)}`;
}

/** Goes on through one issuer. */
function ascend(hunt: Hunt, ascent: Ascent, { certificate, role }: Candidate): PathOutcome {
  const { at, options } = hunt.input;
  const { path, top, counted, purposes } = ascent;
  const inspection = inspectPlace({ certificate, role, countedBelow: counted, purposes, at, options });
  const { broken, unfit } = inspection;
  if (broken !== undefined) return { ...broken, steps: [...ascent.steps, ...inspection.steps], final: false };
  const refusal = askSignature(hunt.search, top, certificate);
  if (refusal === 'budget') return exhausted(ascent, `${options.maxSignatureChecks} signatures were checked`);
  const signature = stepOf(refusal?.check ?? 'signature', top, refusal);
  if (refusal !== undefined) return { refusal, at: top, steps: [...ascent.steps, signature], final: false };
  const next: Ascent = {
    path: [...path, certificate],
    top: certificate,
    // RFC 5280 6.1.4 (l): self-issued certificates do not use up the path length.
    counted: counted + (isSelfIssued(certificate) ? 0 : 1),
    purposes: remainingPurposes(certificate, purposes),
    unfit: moreTelling(ascent.unfit, unfit),
    steps: [...ascent.steps, signature, ...inspection.steps],
  };
  const constrained = constrain(hunt, next);
  if ('refusal' in constrained) return constrained;
  if (role !== 'anchor') return climb(hunt, constrained);
  countCompletePath(hunt.search);
  return endAt(constrained, options);
}

/** The ascent with what the names below say against the constraints of the top certificate. */
function constrain({ input, search }: Hunt, ascent: Ascent): Ascent | FailedPath {
  const { top, path } = ascent;
  if (top.known.nameConstraints === undefined) return ascent;
  const found = checkNameConstraints(top, top.known.nameConstraints, path.slice(0, -1), search.names);
  if (found?.check === 'budget') {
    return exhausted(ascent, `${input.options.maxNameComparisons} names and constraints were compared`);
  }
  const steps = [...ascent.steps, stepOf('name-constraints', found?.at ?? top, found && invalid(found.note))];
  if (found === undefined) return { ...ascent, steps };
  const { check, note, at } = found;
  return { refusal: { code: 'certificate-invalid', check, note }, at, steps, final: false };
}

/** An anchor is reached: what is left to say is whether dates, usage and policies are right. */
function endAt({ path, top, unfit, steps }: Ascent, options: ValidationOptions): PathOutcome {
  const finding = checkPolicies(path, options);
  const all = [...steps, stepOf('policies', top, finding)];
  const unacceptable = finding && { refusal: { ...finding, check: 'policies' }, at: top };
  const failure = moreTelling(unfit, unacceptable);
  if (failure === undefined) return { path, steps: all };
  // What is wrong with the leaf itself is wrong on every path.
  return { ...failure, steps: all, final: failure.at === path[0] };
}

/** Nothing more may be tried. */
function exhausted(ascent: Ascent, spent: string): FailedPath {
  const note = `${spent} without finding a path`;
  return { ...failureAt(ascent, 'certificate-invalid', 'budget', note), final: true };
}

function failureAt({ top, steps }: Ascent, code: ReasonCode, check: string, note: string): FailedPath {
  return {
    refusal: { code, check, note },
    at: top,
    steps: [...steps, stepOf(check, top, { code, note })],
    final: false,
  };
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
