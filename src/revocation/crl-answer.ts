// What do all lists of an issuer together say about one certificate? (RFC 5280 6.3.3)

import type { CrlFacts } from '../model/certificate.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import { toHex } from '../x509/der-values.ts';
import { EXTENSION } from '../x509/extensions.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { answerOf, answerWithoutBase, type CrlQuestion, unknown } from './crl-delta.ts';
import { replaces } from './crl-order.ts';
import { ALL_REASONS } from './crl-scope.ts';

/** A list of the issuer's name, and what it is worth for the certificate. */
export type JudgedCrl = CountingCrl | { readonly crl: CrlFacts; readonly problem: string };

export interface CountingCrl {
  readonly crl: CrlFacts;
  readonly problem?: undefined;
  /** SHA-256 of the key that has signed it. */
  readonly signer: string;
  /** Reasons of revocation that it covers. */
  readonly reasons: ReadonlySet<string>;
}

/** What lists of one key and scope say, and for which reasons. */
interface GroupAnswer {
  readonly answer: RevocationAnswer;
  readonly reasons: ReadonlySet<string>;
}

export function answerFrom(lists: readonly JudgedCrl[], question: CrlQuestion): RevocationAnswer {
  const judged = lists.map((list): JudgedCrl => {
    const problem = list.problem ?? findFutureDefect(list.crl, question.at);
    return problem === undefined ? list : { crl: list.crl, problem };
  });
  const counting = judged.filter((list) => list.problem === undefined);
  const groups = [...Map.groupBy(counting, groupOf).values()].map((group) => answerOfGroup(group, question));
  const answers = groups.map(({ answer }) => answer);
  return (
    answers.find(({ status }) => status === 'revoked') ??
    clearedBy(groups) ??
    answers.find(({ status }) => status === 'unknown') ??
    unknown(explainNothing(judged, question))
  );
}

/** Lists of which a newer one replaces an older one: of one key, one scope. */
function groupOf({ crl, signer }: CountingCrl): string {
  const scope = crl.extensions.find(({ oid }) => oid === EXTENSION.issuingDistributionPoint);
  return `${signer} ${scope === undefined ? '' : toHex(scope.value)}`;
}

function answerOfGroup(group: readonly CountingCrl[], question: CrlQuestion): GroupAnswer {
  const crls = group.map(({ crl }) => crl);
  const [bases, deltas] = [false, true].map((isDelta) =>
    withoutReplaced(crls.filter(({ deltaCrlIndicator }) => (deltaCrlIndicator !== undefined) === isDelta)),
  ) as [CrlFacts[], CrlFacts[]];
  const answerWith = (base: CrlFacts) => answerOf(base, deltas, question);
  // In doubt the stricter: of lists that contradict each other, the one that names the certificate decides.
  const answers = bases.length === 0 ? [answerWithoutBase(deltas, question)] : bases.map(answerWith);
  const byStatus = (status: RevocationAnswer['status']) => answers.find((answer) => answer.status === status);
  const answer = byStatus('revoked') ?? byStatus('unknown') ?? (answers[0] as RevocationAnswer);
  return { answer, reasons: group[0]?.reasons ?? new Set() };
}

function withoutReplaced(crls: readonly CrlFacts[]): CrlFacts[] {
  return crls.filter((crl) => !crls.some((other) => replaces(other, crl)));
}

/** RFC 5280 6.3.3: good only when every reason is covered, by one list or by several. */
function clearedBy(groups: readonly GroupAnswer[]): RevocationAnswer | undefined {
  const good = groups.filter(({ answer }) => answer.status === 'good');
  const whole = good.find(({ reasons }) => coversAll([reasons]));
  if (whole !== undefined) return whole.answer;
  if (!coversAll(good.map(({ reasons }) => reasons))) return undefined;
  // Good until the first of them ends.
  const [first, ...others] = good.map(({ answer }) => answer);
  return others.reduce((all, answer) => ((answer.nextUpdate ?? 0) < (all?.nextUpdate ?? 0) ? answer : all), first);
}

function coversAll(reasons: readonly ReadonlySet<string>[]): boolean {
  return [...ALL_REASONS].every((reason) => reasons.some((covered) => covered.has(reason)));
}

function explainNothing(judged: readonly JudgedCrl[], { issuer }: CrlQuestion): string {
  const name = formatRfc4514(issuer.subject);
  if (judged.length === 0) return `no CRL of ${name} is known`;
  const problem = judged.find((list) => list.problem !== undefined)?.problem;
  return problem === undefined ? `the CRLs of ${name} cover some reasons only` : `the CRL of ${name} ${problem}`;
}

function findFutureDefect({ thisUpdate }: CrlFacts, at: number): string | undefined {
  return thisUpdate > at ? `is from the future (thisUpdate ${new Date(thisUpdate).toISOString()})` : undefined;
}
