// Has any certificate of a verified path been withdrawn? Asks the sources of a trust store, in the order it configures.

import type { CertificateFacts } from '../model/certificate.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import type { CrlStore } from './crl-store.ts';
import type { RevocationOptions } from './options.ts';
import { validUntilOf } from './valid-until.ts';

/** The one door through which decisions ask about revocation. */
export interface RevocationCheck {
  /** `path`: verified, leaf first, anchor last; `at` in ms since the epoch. At once where nobody has to be asked. */
  check(path: readonly CertificateFacts[], at: number): CheckedPath | Promise<CheckedPath>;
  /** By content: moves with everything known beforehand that an answer may depend on. */
  readonly generation: string;
  readonly demands: Pick<RevocationOptions, 'mode' | 'depth' | 'maxStale'>;
}

export interface CheckedPath {
  /** One for each certificate of the path but its anchor, leaf first. */
  readonly answers: readonly RevocationAnswer[];
  /** Until then (exclusive) asking again gives the same; ms since the epoch. */
  readonly validUntil: number;
}

/** The lists of a trust store: those known, and those behind the addresses in a certificate. */
export interface Lists {
  /** Every list known now. */
  current(): CrlStore;
  /**
   * Brings in what the distribution points of one certificate of a verified path name. Resolves to why there may be less
   * than they name; undefined where there is nothing to bring in.
   */
  fetchFor(path: readonly CertificateFacts[], index: number): Promise<readonly string[]> | undefined;
  /** A path is judged by what its distribution points have brought: they go on being followed. */
  noteUse(path: readonly CertificateFacts[]): void;
}

/** The OCSP responders of a trust store. Undefined: it has none for this certificate. */
export type AskResponder = (
  certificate: CertificateFacts,
  issuer: CertificateFacts,
  at: number,
) => RevocationAnswer | Promise<RevocationAnswer> | undefined;

export interface RevocationCheckInput {
  readonly options: RevocationOptions;
  readonly lists: Lists;
  readonly askResponder: AskResponder;
}

/** How long a state that is not known, or known from an old answer only, is left at that before the sources are tried again. */
const RETRY_MS = 5_000;

export function createRevocationCheck({ options, lists, askResponder }: RevocationCheckInput): RevocationCheck {
  const { mode, depth, maxStale, order, cdp, ocsp } = options;
  // The mode is no part of it: it is applied to the answers later.
  let described: { readonly store: CrlStore; readonly generation: string } | undefined;
  const shape = JSON.stringify({ depth, maxStale, order, cdp, ocsp });

  async function askAll(path: readonly CertificateFacts[], at: number): Promise<RevocationAnswer[]> {
    const asked = path.slice(0, -1).map((_, index) => (isNeeded(index) ? askInOrder(path, index, at) : NOT_ASKED));
    return Promise.all(asked);
  }

  async function askInOrder(path: readonly CertificateFacts[], index: number, at: number): Promise<RevocationAnswer> {
    let best: RevocationAnswer | undefined;
    for (const source of order) {
      const answer = source === 'crl' ? await askLists(path, index, at) : await askOcsp(path, index, at);
      if (answer === undefined) continue;
      if (isDecisive(answer, at)) return answer;
      best = moreUseful(best, answer);
    }
    return best ?? unknown('nobody can be asked about it');
  }

  /** The lists at hand; those of its distribution points only where these do not decide. */
  async function askLists(path: readonly CertificateFacts[], index: number, at: number): Promise<RevocationAnswer> {
    const known = await answerAt(path, index, at);
    if (isDecisive(known, at)) return known;
    const fetching = lists.fetchFor(path, index);
    if (fetching === undefined) return known;
    const problems = await fetching;
    const fetched = await answerAt(path, index, at);
    return fetched.status === 'unknown' && problems.length > 0
      ? unknown([fetched.note, ...problems].join('; '))
      : fetched;
  }

  async function answerAt(path: readonly CertificateFacts[], index: number, at: number): Promise<RevocationAnswer> {
    const answers = await lists.current().answersFor(path, at, maxStale);
    return answers[index] ?? unknown('it is not among the answers');
  }

  async function askOcsp(path: readonly CertificateFacts[], index: number, at: number) {
    return askResponder(path[index] as CertificateFacts, path[index + 1] as CertificateFacts, at);
  }

  const isNeeded = (index: number) => depth === 'chain' || index === 0;

  /** Where the lists at hand decide everything that is needed, or nobody else could. */
  function answerAtOnce(path: readonly CertificateFacts[], at: number): readonly RevocationAnswer[] | undefined {
    if (order[0] !== 'crl') return undefined;
    const known = lists.current().answersFor(path, at, maxStale);
    if (known instanceof Promise) return undefined;
    const isSettled = known.every((answer, index) => !isNeeded(index) || isDecisive(answer, at));
    const canAskOthers = cdp || (ocsp !== false && order.includes('ocsp'));
    return isSettled || !canAskOthers ? known : undefined;
  }

  function conclude(path: readonly CertificateFacts[], at: number, answers: readonly RevocationAnswer[]): CheckedPath {
    const isOpen = answers.some(
      ({ status }, index) => isNeeded(index) && status !== 'not-asked' && status === 'unknown',
    );
    const ends = [
      validUntilOf(answers, maxStale),
      lists.current().nextListAfter(path, at),
      ...answers.map((answer) => askAgainAt(answer, at)),
      ...(isOpen && (cdp || ocsp !== false) ? [at + RETRY_MS] : []),
    ];
    return { answers, validUntil: Math.min(...ends) };
  }

  function describe(): string {
    const store = lists.current();
    if (described?.store !== store) described = { store, generation: `${store.generation} ${shape}` };
    return described.generation;
  }

  return {
    demands: { mode, depth, maxStale },
    get generation() {
      return mode === 'off' ? 'off' : describe();
    },
    check(path, at) {
      if (mode === 'off') return { answers: path.slice(0, -1).map(() => NOT_ASKED), validUntil: Infinity };
      lists.noteUse(path);
      const known = answerAtOnce(path, at);
      if (known !== undefined) return conclude(path, at, known);
      const begun = describe();
      return askAll(path, at).then((answers) => {
        const checked = conclude(path, at, answers);
        // Lists that came meanwhile are no part of the generation that this was asked under: nobody may keep it as that.
        return describe() === begun ? checked : { ...checked, validUntil: at };
      });
    },
  };
}

const NOTHING = { source: undefined, producedAt: undefined, nextUpdate: undefined, revokedAt: undefined } as const;
const NOT_ASKED: RevocationAnswer = { status: 'not-asked', ...NOTHING, note: undefined };

function unknown(note: string): RevocationAnswer {
  return { status: 'unknown', ...NOTHING, note };
}

/** No other source is asked: revoked is revoked, and good from a source that has not run out is good. */
function isDecisive({ status, nextUpdate }: RevocationAnswer, at: number): boolean {
  return status === 'revoked' || (status === 'good' && (nextUpdate === undefined || at <= nextUpdate));
}

/** Good from a source that has run out says more than nothing; of two that know nothing both reasons are told. */
function moreUseful(first: RevocationAnswer | undefined, second: RevocationAnswer): RevocationAnswer {
  if (first === undefined) return second;
  if (first.status !== second.status) return first.status === 'good' ? first : second;
  if (first.status === 'good') return (second.nextUpdate ?? 0) > (first.nextUpdate ?? 0) ? second : first;
  return unknown([first.note, second.note].filter((note) => note !== undefined).join('; '));
}

/** An answer of a responder is asked for again at half of what is left of its life, so that it is renewed before it ends. */
function askAgainAt({ status, source, nextUpdate }: RevocationAnswer, at: number): number {
  if (status !== 'good' || nextUpdate === undefined) return Infinity;
  if (at > nextUpdate) return at + RETRY_MS;
  return source === 'ocsp' ? at + Math.max(RETRY_MS, (nextUpdate - at) / 2) : Infinity;
}
