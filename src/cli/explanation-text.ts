// How is an explanation written for people?

import type { Explanation, Step } from '../decision/explain.ts';
import type { TrustExplanation } from '../decision/explain-trust.ts';
import { findRefusedCertificate } from '../decision/explanation-json.ts';
import type { Refusal } from '../model/reasons.ts';
import { formatTime } from '../model/text.ts';
import { formatCertificate, formatLine, formatRefusal } from './certificate-text.ts';

const GATE_ONE =
  'the handshake has a check of its own (OpenSSL), which can only refuse more; it runs in a handshake only';

export function explanationToText(explanation: Explanation): string {
  const { at, request, trust, conclusion, refusal } = explanation;
  const sections = [[`request as of ${formatTime(at)}`, ...request.map(formatStep)]];
  for (const store of trust) sections.push(...formatTrust(store, at));
  if (trust.length > 0) sections.push(['handshake', formatLine('noted', 'gate-1', GATE_ONE)]);
  const end = conclusion.map(formatStep);
  if (refusal !== undefined) end.push(...formatRefusal(refusal, findRefusedCertificate(refusal, explanation)));
  sections.push(['decision', ...end]);
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function formatStep({ step, outcome, note }: Step): string {
  return formatLine(outcome, step, note);
}

/** One section for the trust store, and one for each certificate. */
function formatTrust({ name, demands, certificates, refusal }: TrustExplanation, at: number): string[][] {
  const { mode, depth } = demands;
  const revocation = mode === 'off' ? 'off' : `${mode}, ${depth}`;
  const isAsked = refusal === undefined || certificates.some((each) => each.revocation !== undefined);
  return [
    [
      `trust store ${name} (revocation ${revocation})`,
      formatVerdict(refusal, certificates.length),
      ...(isAsked ? [] : [formatLine('noted', 'revocation', 'nobody is asked about a path that is not verified')]),
    ],
    ...certificates.map((each) => formatCertificate(each, at)),
  ];
}

function formatVerdict(refusal: Refusal | undefined, length: number): string {
  if (refusal === undefined) return formatLine('passed', 'certificate-path', `verified, ${length} certificates`);
  const { code, check, note } = refusal;
  const where = check === undefined ? '' : ` (${check})`;
  return formatLine('failed', 'certificate-path', `${code}${where}${note === undefined ? '' : `: ${note}`}`);
}
