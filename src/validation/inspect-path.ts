// What is right and wrong along a whole path, beyond the first thing that refuses? For `explain` and `pki lint`.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { candidatesFor, poolOf } from './candidates.ts';
import { remainingPurposes } from './checks/extended-key-usage.ts';
import { type CheckStep, inspectPlace, stepOf } from './inspect.ts';
import { checkNameConstraints } from './name-constraints/check-name-constraints.ts';
import { noteNoIssuer, type PathInput } from './path.ts';
import { invalid, type Place } from './place.ts';
import { checkPolicies } from './policies/check-policies.ts';
import { askSignature, type Search, startSearch } from './search.ts';
import { isSelfIssued } from './self-issued.ts';
import { validatePath } from './validate.ts';

export interface InspectedCertificate {
  readonly certificate: CertificateFacts;
  readonly role: Place['role'];
  readonly steps: readonly CheckStep[];
}

export interface InspectedPath {
  /** Leaf first. The verified path; without one the path that came farthest, and what seems to be above it. */
  readonly certificates: readonly InspectedCertificate[];
  /** What the validator says; undefined: the path is verified. */
  readonly refusal: Refusal | undefined;
}

/**
 * The validator decides, and where it accepts, its own checks are told. Where it refuses, it has stopped at what settles
 * the matter; then the path is followed on, by names and where possible by signatures, and every certificate of it is
 * checked by the same checks.
 */
export function inspectPath(input: PathInput): InspectedPath {
  const traced: CheckStep[] = [];
  const result = validatePath({ ...input, trace: (step) => traced.push(step) });
  if (result.ok) return { certificates: assign(result.path, traced, input), refusal: undefined };
  const search = startSearch(input.options);
  const reached = new Set([input.leaf, ...traced.map(({ certificate }) => certificate)]);
  const path = follow(input, [...reached], search);
  return { certificates: assign(path, checkAll(input, path, search), input), refusal: result.refusal };
}

/** Each certificate with its own checks. */
function assign(path: readonly CertificateFacts[], steps: readonly CheckStep[], input: PathInput) {
  return path.map((certificate, index) => ({
    certificate,
    role: roleOf(certificate, index, input),
    steps: steps.filter((step) => step.certificate === certificate),
  }));
}

function roleOf(certificate: CertificateFacts, index: number, input: PathInput): Place['role'] {
  if (index === 0) return 'leaf';
  return isAnchor(certificate, input) ? 'anchor' : 'intermediate';
}

function isAnchor({ fingerprint }: CertificateFacts, { anchors }: PathInput): boolean {
  return anchors.some((anchor) => anchor.fingerprint === fingerprint);
}

/** Up to an anchor, as long as an issuer of the right name is at hand; one whose key has signed is preferred. */
function follow(input: PathInput, start: readonly CertificateFacts[], search: Search): readonly CertificateFacts[] {
  const pool = poolOf(input.anchors, [...input.presented, ...input.intermediates]);
  const path = [...start];
  let top = path.at(-1);
  while (top !== undefined && !isAnchor(top, input) && path.length < input.options.maxPathLength) {
    const below = top;
    const above = candidatesFor(below, pool, input.at)
      .map(({ certificate }) => certificate)
      .filter((certificate) => !path.some(({ fingerprint }) => fingerprint === certificate.fingerprint));
    top = above.find((issuer) => askSignature(search, below, issuer) === undefined) ?? above[0];
    if (top !== undefined) path.push(top);
  }
  return path;
}

function checkAll(input: PathInput, path: readonly CertificateFacts[], search: Search): CheckStep[] {
  const { at, options } = input;
  let counted = 0;
  let purposes: readonly string[] = options.eku;
  const steps = path.flatMap((certificate, index) => {
    const role = roleOf(certificate, index, input);
    const countedBelow = counted;
    if (index > 0 && !isSelfIssued(certificate)) counted += 1;
    const found = inspectPlace({ certificate, role, countedBelow, purposes, at, options }).steps;
    const left = remainingPurposes(certificate, purposes);
    // Who allows none of them has been told of; the others answer for themselves.
    purposes = left.length > 0 ? left : options.eku;
    return [...found, ...checkLinks(path, index, search)];
  });
  return [...steps, checkEnd(input, path)];
}

/** What one certificate has to do with the others: it is signed by the next, and constrains the names of those before. */
function checkLinks(path: readonly CertificateFacts[], index: number, search: Search): CheckStep[] {
  const certificate = path[index] as CertificateFacts;
  const issuer = path[index + 1];
  const steps: CheckStep[] = [];
  const { nameConstraints } = certificate.known;
  if (index > 0 && nameConstraints !== undefined) {
    const found = checkNameConstraints(certificate, nameConstraints, path.slice(0, index), search.names);
    if (found?.check !== 'budget') {
      steps.push(stepOf('name-constraints', found?.at ?? certificate, found && invalid(found.note)));
    }
  }
  const refusal = issuer && askSignature(search, certificate, issuer);
  if (issuer !== undefined && refusal !== 'budget') {
    steps.push(stepOf(refusal?.check ?? 'signature', certificate, refusal));
  }
  return steps;
}

function checkEnd(input: PathInput, path: readonly CertificateFacts[]): CheckStep {
  const top = path.at(-1) ?? input.leaf;
  if (isAnchor(top, input)) return stepOf('policies', top, checkPolicies(path, input.options));
  return stepOf('issuer', top, { code: 'certificate-untrusted', note: noteNoIssuer(top) });
}
