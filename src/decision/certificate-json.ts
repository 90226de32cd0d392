// How are a certificate of a path, its checks and a refusal written for programs?

import type { CertificateFacts } from '../model/certificate.ts';
import { type Refusal, reasonOf } from '../model/reasons.ts';
import { formatTime } from '../model/text.ts';
import { HRESULTS, windowsNameOf } from '../pki/windows-names.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import type { ExplainedAnswer, ExplainedCertificate } from './explain-trust.ts';

export function certificateToJson({ certificate, role, steps, revocation }: ExplainedCertificate): object {
  const { subject, issuer, serial, fingerprint, notBefore, notAfter } = certificate;
  return {
    role,
    subject: formatRfc4514(subject),
    issuer: formatRfc4514(issuer),
    serial,
    fingerprint,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
    checks: steps.map(({ check, passed, code, note }) => ({
      check,
      outcome: passed ? 'passed' : 'failed',
      ...(code !== undefined && refusalToJson({ code, check, ...(note !== undefined && { note }) }, certificate)),
    })),
    ...(revocation !== undefined && { revocation: answerToJson(revocation, certificate) }),
  };
}

function answerToJson({ answer, outcome, refusal }: ExplainedAnswer, certificate: CertificateFacts): object {
  const { status, source, producedAt, nextUpdate, revokedAt, note } = answer;
  return {
    outcome,
    status,
    source,
    producedAt: timeOf(producedAt),
    nextUpdate: timeOf(nextUpdate),
    revokedAt: timeOf(revokedAt),
    ...(refusal === undefined ? { note } : refusalToJson(refusal, certificate)),
  };
}

/** `certificate`: the one it was found at. */
export function refusalToJson(refusal: Refusal, certificate: CertificateFacts | undefined): object {
  const { code, check, note } = refusal;
  const { status, substatus } = reasonOf(code);
  const windows = windowsNameOf(refusal, certificate);
  return { code, check, note, httpStatus: status, substatus, windows: windows && windowsToJson(windows) };
}

function windowsToJson({ hresult, chainStatus, doubt }: NonNullable<ReturnType<typeof windowsNameOf>>): object {
  return { hresult: hresult && { name: hresult, value: HRESULTS[hresult] }, chainStatus, doubt };
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatTime(ms);
}
