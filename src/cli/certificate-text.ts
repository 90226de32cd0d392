// How are a certificate of a path, its checks and a refusal shown to people?

import type { ExplainedCertificate } from '../decision/explain-trust.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import { type Refusal, reasonOf } from '../model/reasons.ts';
import { formatTime } from '../model/text.ts';
import type { RevocationAnswer } from '../model/verdict.ts';
import { HRESULTS, windowsNameOf } from '../pki/windows-names.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { formatDuration } from './duration-text.ts';

const MARKS = { passed: 'ok  ', failed: 'FAIL', noted: '  - ', elsewhere: 'WIN ' } as const;
/** Longest name of a check: misplaced-constraints. */
const NAME_WIDTH = 22;
const BESIDE_MARK = ' '.repeat(7);

/** One line without its end. What a certificate holds may be in the note: a terminal must not obey it. */
export function formatLine(mark: keyof typeof MARKS, name: string, note = ''): string {
  return `  ${MARKS[mark]} ${name.padEnd(NAME_WIDTH)} ${note}`.trimEnd().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, toEscape);
}

function toEscape(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** `at`: ms since the epoch, for the ages of what is known about revocation. */
export function formatCertificate(
  { certificate, role, steps, revocation }: ExplainedCertificate,
  at: number,
): string[] {
  const { subject, issuer, serial, notBefore, notAfter } = certificate;
  const lines = [
    `  ${role} ${formatName(subject)}`,
    `${BESIDE_MARK}issued by ${formatName(issuer)}`,
    `${BESIDE_MARK}serial ${serial}, from ${formatTime(notBefore)} until ${formatTime(notAfter)}`,
  ];
  for (const { check, code, note } of steps) {
    lines.push(formatLine(code === undefined ? 'passed' : 'failed', check, note));
    if (code !== undefined) lines.push(...formatRefusal({ code, check }, certificate));
  }
  if (revocation !== undefined) {
    const { answer, outcome, refusal } = revocation;
    lines.push(formatLine(outcome, 'revocation', formatAnswer(answer, at)));
    if (refusal !== undefined) lines.push(...formatRefusal(refusal, certificate));
  }
  return lines;
}

/** What the client would see, and what an administrator of Windows would. */
export function formatRefusal(refusal: Refusal, certificate: CertificateFacts | undefined): string[] {
  const { status, substatus } = reasonOf(refusal.code);
  const windows = windowsNameOf(refusal, certificate);
  const names = [
    `${status}`,
    ...(substatus === undefined ? [] : [`IIS ${substatus}`]),
    ...(windows?.hresult === undefined ? [] : [`${windows.hresult} (${HRESULTS[windows.hresult]})`]),
    ...(windows === undefined || windows.chainStatus.length === 0 ? [] : [`.NET ${windows.chainStatus.join(', ')}`]),
  ];
  const lines = [`${BESIDE_MARK}${refusal.code}: ${names.join(', ')}`];
  if (windows?.doubt !== undefined) lines.push(`${BESIDE_MARK}(Windows: ${windows.doubt})`);
  return lines;
}

/** What is known, by whom, and how old it is at `at`. */
function formatAnswer(
  { status, source, producedAt, nextUpdate, revokedAt, note }: RevocationAnswer,
  at: number,
): string {
  const since = revokedAt === undefined ? '' : ` since ${formatTime(revokedAt)}`;
  const parts = [
    `${status === 'not-asked' ? 'not asked' : status}${since}`,
    ...(note === undefined ? [] : [note]),
    ...(source === undefined ? [] : [`by ${source === 'crl' ? 'a CRL' : 'OCSP'}${formatAge(producedAt, at)}`]),
    ...(nextUpdate === undefined ? [] : [formatNext(nextUpdate, at)]),
  ];
  return parts.join(', ');
}

function formatAge(producedAt: number | undefined, at: number): string {
  return producedAt === undefined ? '' : ` made ${formatDuration(Math.max(0, at - producedAt))} ago`;
}

function formatNext(nextUpdate: number, at: number): string {
  return at <= nextUpdate
    ? `next in ${formatDuration(nextUpdate - at)}`
    : `outdated since ${formatDuration(at - nextUpdate)}`;
}

export function formatName(name: CertificateFacts['subject']): string {
  return name.rdns.length === 0 ? '(empty name)' : formatRfc4514(name);
}
