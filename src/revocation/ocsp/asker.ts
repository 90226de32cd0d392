// What does its responder say about a certificate? Remembered, renewed ahead of time, and one request at a time.

import { hash } from 'node:crypto';
import type { CertificateFacts } from '../../model/certificate.ts';
import type { RevocationAnswer } from '../../model/verdict.ts';
import { failed } from './judge-response.ts';
import { answerAt, createKnownAnswers, isCurrent, isNewer, isSigned, type KnownAnswer } from './known-answers.ts';
import { createResponders, type OcspTarget, type RespondersInput } from './responders.ts';

export interface OcspAsker {
  /**
   * At once from memory, or when the responder has answered, within the time limit. `url`: http or https, and it has
   * been decided that it may be asked. `at` in ms since the epoch.
   */
  answerFor(
    certificate: CertificateFacts,
    issuer: CertificateFacts,
    url: string,
    at: number,
  ): RevocationAnswer | Promise<RevocationAnswer>;
  /** Another replica knows of a change: what they share is looked at again before what is known here counts. */
  recheck(): void;
}

export interface OcspAskerInput extends RespondersInput {
  /** From 0 to below 1, for times that should differ between replicas. */
  readonly random: () => number;
  /** A responder has changed what it says of a certificate: verdicts made before are outdated. */
  readonly onChange: () => void;
}

/** How long what brought nothing is left at that: a dead responder costs its time limit once, and not each request. */
const RETRY_MS = 4_000;

/** Certificates asked about at a time; and above how many none is renewed for which nobody waits. */
const MAX_FLIGHTS = 500;
const MAX_RENEWALS = 8;

export function createOcspAsker(input: OcspAskerInput): OcspAsker {
  const { clock, random, log, options, onChange } = input;
  const responders = createResponders(input);
  const known = createKnownAnswers();
  const flights = new Map<string, Promise<RevocationAnswer>>();
  let round = 0;

  function renewOnce(target: OcspTarget): RevocationAnswer | Promise<RevocationAnswer> {
    const flying = flights.get(target.id);
    if (flying !== undefined) return flying;
    if (flights.size >= MAX_FLIGHTS) return failed('responder', 'too many certificates are being asked about');
    const flight = renew(target).finally(() => flights.delete(target.id));
    flights.set(target.id, flight);
    return flight;
  }

  /** For nobody who waits. Where there is too much to do, a later request starts it. */
  function renewAside(target: OcspTarget): void {
    if (flights.size >= MAX_RENEWALS || flights.has(target.id)) return;
    const flight = Promise.resolve(renewOnce(target));
    flight.catch((error: unknown) => log.error({ err: error }, 'an OCSP answer could not be renewed'));
  }

  async function renew(target: OcspTarget): Promise<RevocationAnswer> {
    const [entry, begin, begun] = [known.get(target.id), clock(), round];
    const shared = await responders.look(target, entry?.signed);
    const next =
      shared === undefined && entry !== undefined && isSettled(entry, begin)
        ? entry
        : adopt(entry?.signed, shared ?? (await responders.ask(target, entry?.signed, begin)));
    known.set(target.id, { ...next, round: begun });
    return answerAt(next, clock(), options.maxStaleMs);
  }

  /** The responder need not be asked: not yet, or not while somebody waits who came only to look at what is shared. */
  function isSettled({ signed, askAgainAt, round: seen }: KnownAnswer, at: number): boolean {
    return at < askAgainAt || (seen < round && isCurrent(signed, at));
  }

  /** What is known when an answer has come. */
  function adopt(before: RevocationAnswer | undefined, answer: RevocationAnswer) {
    const at = clock();
    const isNew = isSigned(answer) && isNewer(answer, before);
    const isOlder = isSigned(answer) && !isNew;
    const latest = isOlder ? failed('this-update', 'it is older than an answer that is already known') : answer;
    if (isNew && before !== undefined && before.status !== answer.status) onChange();
    return { signed: isNew ? answer : before, latest, askAgainAt: at + (isNew ? pauseAfter(answer, at) : RETRY_MS) };
  }

  /** Half of what is left of its life, and up to a quarter more, so that replicas do not ask all at once. */
  function pauseAfter({ status, nextUpdate = 0 }: RevocationAnswer, at: number): number {
    return status === 'unknown' ? RETRY_MS : Math.max(RETRY_MS, (nextUpdate - at) * (0.5 + random() / 4));
  }

  return {
    answerFor(certificate, issuer, url, at) {
      const target = { id: idOf(certificate, issuer), certificate, issuer, url };
      const entry = known.get(target.id);
      if (entry === undefined || entry.round < round) return renewOnce(target);
      const isDue = at >= entry.askAgainAt;
      if (isDue && !isCurrent(entry.signed, at)) return renewOnce(target);
      if (isDue) renewAside(target);
      return answerAt(entry, at, options.maxStaleMs);
    },
    recheck() {
      round++;
    },
  };
}

/** Lower-case hex. Certificates with this name, key and number are the same to a responder. */
function idOf({ issuer: { der }, serial }: CertificateFacts, { publicKey }: CertificateFacts): string {
  return hash('sha256', `${publicKey.spkiHash} ${hash('sha256', der, 'hex')} ${serial}`, 'hex');
}
