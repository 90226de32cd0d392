// What is wrong with an answer of a service?

import type { Refusal } from '../model/reasons.ts';

/** Thrown inside this room only: whoever reads an answer catches it, and passes it on as a value. */
export class AnswerFault extends Error {
  readonly refusal: Refusal;

  constructor(check: 'answer-malformed' | 'answer-status' | 'transfer-coding', note: string) {
    super(note);
    this.refusal = { code: 'upstream-failed', check, note };
  }
}

export function malformed(note: string): never {
  throw new AnswerFault('answer-malformed', note);
}
