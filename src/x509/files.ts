// Which certificates, CRLs or requests are in this file? PEM, DER or PKCS#7, told apart by content and not by name.

import type { CertificateFacts, CrlFacts, RequestFacts } from '../model/certificate.ts';
import { parseCertificate } from './certificate.ts';
import { parseCrl } from './crl.ts';
import { Malformed } from './malformed.ts';
import { readPem } from './pem.ts';
import { parseRequest } from './request.ts';
import { isContentInfo, parseSignedData, type SignedDataContent } from './signed-data.ts';

export interface FileProblem {
  /** From 1; undefined in a file that is not text. */
  readonly line: number | undefined;
  readonly message: string;
}

export interface FileCertificate {
  readonly der: Uint8Array;
  readonly facts: CertificateFacts;
  readonly line: number | undefined;
}

export interface FileRequest {
  readonly facts: RequestFacts;
  readonly line: number | undefined;
}

export interface FileCrl {
  readonly facts: CrlFacts;
  readonly line: number | undefined;
}

/** What is looked for, and how one is read. */
interface Wanted<Facts> {
  readonly what: string;
  readonly labels: readonly string[];
  readonly parse: (der: Uint8Array) => Facts;
  readonly members: (content: SignedDataContent) => readonly Uint8Array[];
}

interface Found<Facts> {
  /** Enough of both. */
  readonly most: number;
  readonly items: { readonly facts: Facts; readonly line: number | undefined }[];
  readonly problems: FileProblem[];
}

const CERTIFICATES: Wanted<CertificateFacts> = {
  what: 'certificate',
  labels: ['CERTIFICATE', 'X509 CERTIFICATE'],
  parse: parseCertificate,
  members: ({ certificates }) => certificates,
};

const CRLS: Wanted<CrlFacts> = { what: 'CRL', labels: ['X509 CRL'], parse: parseCrl, members: ({ crls }) => crls };

const REQUESTS: Wanted<RequestFacts> = {
  what: 'certificate request',
  // The second is how Windows calls it.
  labels: ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'],
  parse: parseRequest,
  // PKCS#7 holds no requests of this kind.
  members: () => [],
};

const PKCS7_LABELS: readonly string[] = ['PKCS7', 'CMS'];

/** All certificates of a file; whatever cannot be read is a problem, and so is a file without any. */
export function readCertificates(bytes: Uint8Array): { certificates: FileCertificate[]; problems: FileProblem[] } {
  const { items, problems } = readFile(bytes, CERTIFICATES);
  return { certificates: items.map(({ facts, line }) => ({ der: facts.der, facts, line })), problems };
}

/** The same for CRLs. Stops behind `most` lists and problems, for files that strangers have sent. */
export function readCrls(
  bytes: Uint8Array,
  most: number = Number.POSITIVE_INFINITY,
): { crls: FileCrl[]; problems: FileProblem[] } {
  const { items, problems } = readFile(bytes, CRLS, most);
  return { crls: items, problems: problems.slice(0, most) };
}

/** The same for certificate signing requests. */
export function readRequests(bytes: Uint8Array): { requests: FileRequest[]; problems: FileProblem[] } {
  const { items, problems } = readFile(bytes, REQUESTS);
  return { requests: items, problems };
}

function readFile<Facts>(
  bytes: Uint8Array,
  wanted: Wanted<Facts>,
  most: number = Number.POSITIVE_INFINITY,
): Found<Facts> {
  const found: Found<Facts> = { most, items: [], problems: [] };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.includes('-----BEGIN')) readPemFile(buffer, wanted, found);
  else if (bytes[0] === 0x30) {
    collect(found, undefined, () => (isContentInfo(bytes) ? wanted.members(parseSignedData(bytes)) : [bytes]), wanted);
  } else found.problems.push({ line: undefined, message: 'neither PEM nor DER' });
  if (found.items.length === 0 && found.problems.length === 0) {
    found.problems.push({ line: undefined, message: `holds no ${wanted.what}` });
  }
  return found;
}

function readPemFile<Facts>(text: Uint8Array, wanted: Wanted<Facts>, found: Found<Facts>): void {
  const { blocks, problems } = readPem(text);
  for (const problem of problems) found.problems.push(problem);
  for (const { label, der, line } of blocks) {
    if (isEnough(found)) return;
    if (wanted.labels.includes(label)) collect(found, line, () => [der], wanted);
    else if (PKCS7_LABELS.includes(label)) collect(found, line, () => wanted.members(parseSignedData(der)), wanted);
    else if (label === 'TRUSTED CERTIFICATE') {
      // OpenSSL's own form: a certificate with trust settings behind it, which would be ignored here.
      found.problems.push({ line, message: 'TRUSTED CERTIFICATE is not supported; export it as CERTIFICATE' });
    }
  }
}

function collect<Facts>(
  found: Found<Facts>,
  line: number | undefined,
  list: () => readonly Uint8Array[],
  { parse }: Wanted<Facts>,
): void {
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      found.problems.push({ line, message: error.message });
      return undefined;
    }
  };
  for (const der of attempt(list) ?? []) {
    if (isEnough(found)) return;
    const facts = attempt(() => parse(der));
    if (facts !== undefined) found.items.push({ facts, line });
  }
}

function isEnough({ most, items, problems }: Found<unknown>): boolean {
  return items.length + problems.length >= most;
}
