// How is an explanation written for programs?

import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { formatTime } from '../model/text.ts';
import { certificateToJson, refusalToJson } from './certificate-json.ts';
import type { Explanation } from './explain.ts';
import { findRefused } from './explain-trust.ts';

/** Where it was found, under the first trust store that says the same. */
export function findRefusedCertificate(refusal: Refusal, { trust }: Explanation): CertificateFacts | undefined {
  return trust.map(({ certificates }) => findRefused(refusal, certificates)).find((found) => found !== undefined);
}

export function explanationToJson(explanation: Explanation): object {
  const { at, request, trust, conclusion, refusal } = explanation;
  return {
    at: formatTime(at),
    allowed: refusal === undefined,
    ...(refusal && refusalToJson(refusal, findRefusedCertificate(refusal, explanation))),
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
