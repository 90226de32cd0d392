// How is an explanation written, for people and for programs?

import type { Explanation, Step } from '../decision/explain.ts';
import { findRefused, type TrustExplanation } from '../decision/explain-trust.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { certificateToJson, refusalToJson } from './certificate-json.ts';
import { formatCertificate, formatLine, formatRefusal, formatTime } from './certificate-text.ts';

const GATE_ONE =
  'the handshake has a check of its own (OpenSSL), which can only refuse more; it runs in a handshake only';

export function explanationToText(explanation: Explanation): string {
  const { at, request, trust, conclusion, refusal } = explanation;
  const sections = [[`request as of ${formatTime(at)}`, ...request.map(formatStep)]];
  for (const store of trust) sections.push(...formatTrust(store, at));
  if (trust.length > 0) sections.push(['handshake', formatLine('noted', 'gate-1', GATE_ONE)]);
  const end = conclusion.map(formatStep);
  if (refusal !== undefined) end.push(...formatRefusal(refusal, certificateOf(refusal, explanation)));
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

/** Where it was found, under the first trust store that says the same. */
function certificateOf(refusal: Refusal, { trust }: Explanation): CertificateFacts | undefined {
  return trust.map(({ certificates }) => findRefused(refusal, certificates)).find((found) => found !== undefined);
}

export function explanationToJson(explanation: Explanation): object {
  const { at, request, trust, conclusion, refusal } = explanation;
  return {
    at: formatTime(at),
    allowed: refusal === undefined,
    ...(refusal && refusalToJson(refusal, certificateOf(refusal, explanation))),
    request,
    trust: trust.map(({ name, demands, certificates, refusal: verdict }) => ({
      store: name,
      revocation: { mode: demands.mode, depth: demands.depth },
      valid: verdict === undefined,
      ...(verdict && refusalToJson(verdict, findRefused(verdict, certificates))),
      path: certificates.map(certificateToJson),
    })),
    conclusion,
  };
}
