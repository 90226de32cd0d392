// What does this gateway say of one case of a public suite? By the functions that judge live, with the case's inputs.

import type { CertificateFacts, CrlFacts } from '../../src/model/certificate.ts';
import type { RevocationAnswer } from '../../src/model/verdict.ts';
import { createCrlStore } from '../../src/revocation/crl-store.ts';
import { judgeRevocation } from '../../src/validation/judge-revocation.ts';
import { validationOptions } from '../../src/validation/options.ts';
import { validatePath } from '../../src/validation/validate.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { parseCrl } from '../../src/x509/crl.ts';
import { Malformed } from '../../src/x509/malformed.ts';
import { judgeResponse } from './judge-response.ts';

/** The harness's protocol: what it writes for one case. */
export interface Case {
  readonly id: string;
  readonly trust_anchors_pem: readonly string[];
  readonly intermediates_pem: readonly string[];
  readonly leaf_pem: string;
  readonly crls_pem: readonly string[];
  readonly time_unix: number;
  readonly eku: string | null;
  /** Most intermediates. */
  readonly max_depth?: number;
  /** `leaf`: a case for the function that judges one list or one response; its authorities are no proper ones. */
  readonly crl_scope?: 'leaf';
  readonly policy?: {
    readonly initial_policy_set: readonly string[];
    readonly explicit: boolean;
    readonly inhibit_mapping: boolean;
    readonly inhibit_any: boolean;
  };
  readonly ocsps_b64?: readonly string[];
}

export interface Answer {
  /** null: no kind of case that this gateway judges. */
  readonly ok: boolean | null;
  readonly reason: string;
}

const PURPOSES: Readonly<Record<string, string>> = {
  clientAuth: 'clientAuth',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
  anyExtendedKeyUsage: '2.5.29.37.0',
};

export async function judgeCase(input: Case): Promise<Answer> {
  const leaf = read(input.leaf_pem, parseCertificate);
  if (leaf instanceof Malformed) return { ok: false, reason: leaf.message };
  const { trust_anchors_pem: anchorsPem, intermediates_pem: bag, crls_pem: crlsPem, crl_scope: scope } = input;
  const anchors = anchorsPem.map((pem) => read(pem, parseCertificate)).filter(isRead);
  const presented = bag.map((pem) => read(pem, parseCertificate)).filter(isRead);
  const [response] = input.ocsps_b64 ?? [];
  if (response !== undefined) {
    const issuer = [...presented, ...anchors].find(({ subject }) => subject.matchKey === leaf.issuer.matchKey);
    if (issuer === undefined) return { ok: false, reason: 'the case has no issuer' };
    return judgeResponse(leaf, issuer, Buffer.from(response, 'base64'), input.time_unix * 1000);
  }
  const crls = crlsPem.map((pem) => read(pem, parseCrl)).filter(isRead);
  const at = input.time_unix * 1000;
  if (scope === 'leaf') return judgeList(leaf, [...presented, ...anchors], crls, at);
  const result = validatePath({ leaf, presented, anchors, intermediates: [], at, options: optionsOf(input) });
  if (!result.ok) return { ok: false, reason: Object.values(result.refusal).join(' ') };
  return crlsPem.length === 0
    ? { ok: true, reason: '' }
    : judgeAnswers(result.path, [...anchors, ...presented], crls, at);
}

/** A function of a certificate, its issuer, one list and a time. */
async function judgeList(
  leaf: CertificateFacts,
  authorities: readonly CertificateFacts[],
  crls: readonly CrlFacts[],
  at: number,
): Promise<Answer> {
  const issuer = authorities.find(({ subject }) => subject.matchKey === leaf.issuer.matchKey);
  if (issuer === undefined) return { ok: false, reason: 'the case has no issuer' };
  return judgeAnswers([leaf, issuer], authorities, crls, at);
}

async function judgeAnswers(
  path: readonly CertificateFacts[],
  authorities: readonly CertificateFacts[],
  crls: readonly CrlFacts[],
  at: number,
): Promise<Answer> {
  const store = createCrlStore({ crls, authorities });
  const answers: readonly RevocationAnswer[] = await store.answersFor(path, at, 0);
  const refusal = judgeRevocation(answers, { mode: 'hard', depth: 'chain', maxStale: 0 }, at);
  return refusal === undefined ? { ok: true, reason: '' } : { ok: false, reason: Object.values(refusal).join(' ') };
}

function optionsOf({ eku, max_depth: maxDepth, policy }: Case) {
  return validationOptions.parse({
    eku: [eku === null ? 'any' : (PURPOSES[eku] ?? eku)],
    // What a handshake may bring is bounded there; the suites bring what they like.
    maxPresented: 64,
    ...(maxDepth !== undefined && { maxPathLength: Math.min(maxDepth + 2, 32) }),
    ...(policy && {
      policies: policy.initial_policy_set,
      requireExplicitPolicy: policy.explicit,
      inhibitPolicyMapping: policy.inhibit_mapping,
      inhibitAnyPolicy: policy.inhibit_any,
    }),
  });
}

function read<T>(pem: string, parse: (der: Uint8Array) => T): T | Malformed {
  try {
    return parse(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'));
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}

function isRead<T>(value: T | Malformed): value is T {
  return !(value instanceof Malformed);
}
