// How do tests ask what lists say about a path?

import type { RevocationAnswer } from '../../../src/model/verdict.ts';
import { createCrlStore } from '../../../src/revocation/crl-store.ts';
import type { TestCertificate, TestCrl } from '../../kit/pki.ts';

/** Full seconds, as lists have them. */
export const NOW = Math.floor(Date.now() / 1000) * 1000;
export const DAY_MS = 86_400_000;

export interface AskOptions {
  readonly at?: number;
  readonly maxStale?: number;
  /** Those of the trust store; the root of the leaf when left out. */
  readonly authorities?: readonly TestCertificate[];
}

/** Answers for the chain of `leaf`, leaf first. */
export function ask(
  leaf: TestCertificate,
  crls: readonly TestCrl[],
  { at = NOW, maxStale = 0, authorities = [leaf.root] }: AskOptions = {},
): readonly RevocationAnswer[] {
  const store = createCrlStore({
    crls: crls.map(({ facts }) => facts),
    authorities: authorities.map(({ facts }) => facts),
  });
  const answers = store.answersFor(
    [leaf, ...leaf.issuers].map(({ facts }) => facts),
    at,
    maxStale,
  );
  if (answers instanceof Promise) throw new Error('only large lists are waited for');
  return answers;
}

export function statusesOf(...input: Parameters<typeof ask>): string[] {
  return ask(...input).map(({ status }) => status);
}

/** Why the leaf's state is unknown; the status where it is known. */
export function noteOf(...input: Parameters<typeof ask>): string | undefined {
  const [answer] = ask(...input);
  return answer?.status === 'unknown' ? answer.note : answer?.status;
}
