// What is told of the certificate that a request came with, whoever asks?

import type { CertificateFacts } from '../model/certificate.ts';
import { toPrintable } from '../model/text.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { Malformed } from '../x509/malformed.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import type { Visit } from './visit.ts';

/** As ReportedClient, but for the account. */
export interface CertificateFields {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly fingerprint: string;
}

/** The default of `validation.maxCertificateBytes`. */
const LARGEST_STRANGER_BYTES = 16 * 1024;

/** Null: it cannot be read. */
const described = new WeakMap<Uint8Array, CertificateFields | null>();

/** What was presented, verified or not; undefined where it cannot be read, or nobody wants it. Made once for the connections of a client. */
export function certificateOf(visit: Visit): CertificateFields | undefined {
  const { evidence, judged } = visit;
  if (evidence.leaf === undefined || !readsCertificate(visit)) return undefined;
  let known = described.get(evidence.leaf);
  if (known === undefined) {
    const verified = judged?.verdict?.valid ? judged.verdict.path[0] : undefined;
    const facts = verified ?? readStranger(evidence.leaf);
    known = facts === undefined ? null : describeCertificate(facts);
    described.set(evidence.leaf, known);
  }
  return known ?? undefined;
}

/** A rule that reads no certificate, nor has report-only settings that do, tells of none. */
function readsCertificate({ evidence, judged }: Visit): boolean {
  if (judged === undefined || evidence.leaf === undefined) return false;
  const { mode, reportOnly } = judged.rule;
  return mode !== 'ignore' || (reportOnly !== undefined && reportOnly.mode !== 'ignore');
}

function describeCertificate({ subject, issuer, serial, fingerprint }: CertificateFacts): CertificateFields {
  return {
    subject: toPrintable(formatRfc4514(subject)),
    issuer: toPrintable(formatRfc4514(issuer)),
    serial,
    fingerprint,
  };
}

/** undefined: malformed, or larger than is worth the time for somebody who is refused. */
function readStranger(der: Uint8Array): CertificateFacts | undefined {
  try {
    return parseCertificate(der, LARGEST_STRANGER_BYTES);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
