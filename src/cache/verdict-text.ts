// A verdict as text, for stores outside this process, and back.

import { z } from 'zod';
import type { CertificateFacts } from '../model/certificate.ts';
import { REASONS, type ReasonCode, type Refusal } from '../model/reasons.ts';
import type { RevocationAnswer, Verdict } from '../model/verdict.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { Malformed } from '../x509/malformed.ts';

const VERSION = 1;

/** Longest text read: a path of ten certificates (`validation.maxPathLength`) of 64 KiB each, in base64. */
const MAX_TEXT_LENGTH = 1024 * 1024;

const optionalInstant = z.int().optional();

const answerSchema = z.strictObject({
  status: z.enum(['good', 'revoked', 'unknown', 'not-asked']),
  source: z.enum(['crl', 'ocsp']).optional(),
  producedAt: optionalInstant,
  nextUpdate: optionalInstant,
  revokedAt: optionalInstant,
  note: z.string().optional(),
});

const refusalSchema = z.strictObject({
  code: z.enum(Object.keys(REASONS) as ReasonCode[]),
  check: z.string().optional(),
  note: z.string().optional(),
});

const verdictSchema = z.discriminatedUnion('valid', [
  z.strictObject({
    version: z.literal(VERSION),
    valid: z.literal(true),
    path: z.array(z.base64()).min(1),
    revocation: z.array(answerSchema),
    validUntil: z.int(),
  }),
  z.strictObject({
    version: z.literal(VERSION),
    valid: z.literal(false),
    refusal: refusalSchema,
    validUntil: z.int(),
  }),
]);

/** The path goes as its certificates' DER only: what they say is read from them again. */
export function serializeVerdict(verdict: Verdict): string {
  if (!verdict.valid) return JSON.stringify({ version: VERSION, ...verdict });
  const path = verdict.path.map((certificate) => Buffer.from(certificate.der).toString('base64'));
  return JSON.stringify({ version: VERSION, ...verdict, path });
}

/** Gives undefined for everything that serializeVerdict of this version did not write. */
export function parseVerdict(text: string): Verdict | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const checked = verdictSchema.safeParse(parseJson(text));
  if (!checked.success) return undefined;
  const stored = checked.data;
  if (!stored.valid) return { valid: false, refusal: readRefusal(stored.refusal), validUntil: stored.validUntil };
  const path = readPath(stored.path);
  if (path === undefined || stored.revocation.length !== path.length - 1) return undefined;
  return { valid: true, path, revocation: stored.revocation.map(readAnswer), validUntil: stored.validUntil };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readPath(path: readonly string[]): CertificateFacts[] | undefined {
  try {
    // The size was bounded when the verdict was made, and is again by that of the text.
    return path.map((base64) => parseCertificate(Buffer.from(base64, 'base64'), MAX_TEXT_LENGTH));
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function readAnswer(stored: z.output<typeof answerSchema>): RevocationAnswer {
  return {
    status: stored.status,
    source: stored.source,
    producedAt: stored.producedAt,
    nextUpdate: stored.nextUpdate,
    revokedAt: stored.revokedAt,
    note: stored.note,
  };
}

function readRefusal({ code, check, note }: z.output<typeof refusalSchema>): Refusal {
  return { code, ...(check !== undefined && { check }), ...(note !== undefined && { note }) };
}
