// What is to be had about a certificate now: from another replica that has asked before, or else from its responder?

import { randomBytes } from 'node:crypto';
import type { CertificateFacts } from '../../model/certificate.ts';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import type { RevocationAnswer } from '../../model/verdict.ts';
import { certIdOf } from '../../x509/ocsp-cert-id.ts';
import { writeOcspRequest } from '../../x509/ocsp-request.ts';
import type { Outbound } from '../outbound-types.ts';
import { createOcspBreaker } from './breaker.ts';
import { exchangeOcsp, readResponse } from './exchange.ts';
import { failed, judgeOcspResponse, type OcspQuestion } from './judge-response.ts';
import { isCurrent, isNewer } from './known-answers.ts';

/** A certificate, and whom to ask. */
export interface OcspTarget {
  /** Stands for issuer and serial number. */
  readonly id: string;
  readonly certificate: CertificateFacts;
  readonly issuer: CertificateFacts;
  /** http or https; whether it may be asked has been decided. */
  readonly url: string;
}

export interface Responders {
  /**
   * What replicas share, where it is newer than `known` (the newest signed answer here) and needs no renewal; undefined
   * where it is not.
   */
  look(target: OcspTarget, known: RevocationAnswer | undefined): Promise<RevocationAnswer | undefined>;
  /**
   * Asks once. `begin`: when the time limit began to run, ms since the epoch. Unknown without dates when nothing came of
   * it; never rejects for what a responder does.
   */
  ask(target: OcspTarget, known: RevocationAnswer | undefined, begin: number): Promise<RevocationAnswer>;
}

export interface RespondersInput {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: OcspOptions;
  readonly shared?: SharedAnswers;
  readonly reports: OcspReports;
}

export interface OcspOptions
  extends Pick<OcspQuestion, 'skewMs' | 'maxAgeMs' | 'maxStaleMs' | 'keyLimits' | 'isRevoked' | 'noteSigner'> {
  readonly timeLimitMs: number;
  readonly method: 'post' | 'get';
  readonly sendNonce: boolean;
}

/** Responses that replicas share. They are judged like those of a responder: who keeps them is believed nothing. */
export interface SharedAnswers {
  /** DER; undefined for none, and where it cannot be told in good time. */
  read(id: string): Promise<Uint8Array | undefined>;
  /** `expires`: of no use from then on, ms since the epoch. */
  write(id: string, der: Uint8Array, expires: number): Promise<unknown>;
}

export interface OcspReports {
  /** `shared`: a replica had asked before. `skipped`: the responder is left alone at the moment. `seconds`: where it was asked. */
  ocspAsked(responder: string, outcome: 'answered' | 'failed' | 'skipped' | 'shared', seconds?: number): void;
}

/** RFC 8954 2.1. */
const NONCE_OCTETS = 32;

export function createResponders({ outbound, clock, log, options, shared, reports }: RespondersInput): Responders {
  const breaker = createOcspBreaker(clock, log);

  async function askResponder(target: OcspTarget, host: string, timeLimitMs: number) {
    const nonce = options.sendNonce ? { nonce: randomBytes(NONCE_OCTETS) } : {};
    const request = writeOcspRequest({ certId: certIdOf(target.certificate, target.issuer, 'sha1'), ...nonce });
    const begin = performance.now();
    const exchanged = await exchangeOcsp(outbound, { url: target.url, request, method: options.method, timeLimitMs });
    breaker.note(host, target.issuer.publicKey.spkiHash, exchanged.ok);
    reports.ocspAsked(host, exchanged.ok ? 'answered' : 'failed', (performance.now() - begin) / 1000);
    if (!exchanged.ok) return { answer: failed('responder', `${host} ${exchanged.why}`), der: undefined };
    const question = { ...options, ...target, ...nonce, at: clock() };
    return { answer: judgeOcspResponse(exchanged.facts, question), der: exchanged.der };
  }

  function share({ id }: OcspTarget, der: Uint8Array, { status, nextUpdate }: RevocationAnswer): void {
    const expires = (nextUpdate ?? 0) + options.maxStaleMs;
    if (status === 'unknown' || expires <= clock()) return;
    shared?.write(id, der, expires).catch((error: unknown) => noteFault(error, 'write'));
  }

  function noteFault(error: unknown, what: 'read' | 'write'): undefined {
    log.warn({ err: error }, `a shared OCSP answer: no ${what}`);
  }

  return {
    async look(target, known) {
      const der = await shared?.read(target.id).catch((error: unknown) => noteFault(error, 'read'));
      const read = der && readResponse(der);
      if (!read?.ok) return undefined;
      const answer = judgeOcspResponse(read.facts, { ...options, ...target, at: clock() });
      if (!isCurrent(answer, clock()) || (answer.producedAt ?? 0) <= (known?.producedAt ?? 0)) return undefined;
      reports.ocspAsked(hostOf(target), 'shared');
      return answer;
    },
    async ask(target, known, begin) {
      const host = hostOf(target);
      if (!breaker.mayAsk(host, target.issuer.publicKey.spkiHash)) {
        reports.ocspAsked(host, 'skipped');
        return failed('responder', `${host} is left alone after several failures`);
      }
      const left = options.timeLimitMs - Math.max(0, clock() - begin);
      const { answer, der } = await askResponder(target, host, Math.max(1, left));
      if (der !== undefined && isNewer(answer, known)) share(target, der, answer);
      return answer;
    },
  };
}

/** As labels and lines of the log have it: paths and queries may hold secrets. */
function hostOf({ url }: OcspTarget): string {
  return URL.parse(url)?.host ?? '';
}
