// Do a certificate file and its key file belong together and hold what TLS can use?

import { type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { CertificateFacts } from '../../model/certificate.ts';
import { readCertificates } from '../../x509/files.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { encodePem } from '../../x509/pem.ts';
import { checkSignature } from '../../x509/signature.ts';
import type { NamedFile, Report } from '../report.ts';
import type { ConfigPath } from '../source.ts';
import type { FileReader, ReadFile } from './file-reader.ts';
import { readPrivateKey } from './private-key.ts';

export interface KeyPair {
  readonly leaf: CertificateFacts;
  /** Leaf and intermediates. */
  readonly certPem: string;
  /** PKCS#8, not encrypted. */
  readonly keyPem: string;
  readonly certificateFile: NamedFile;
}

/** What a configuration says about one pair; `path` is where. */
export interface KeyPairOptions {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passwordFile?: string | undefined;
}

interface Located {
  readonly facts: CertificateFacts;
  readonly line: number | undefined;
}

const WARN_BEFORE_MS = 14 * 86_400_000;

/** undefined: not both are configured, or problems were reported. Needs `now` in ms since the epoch. */
export async function loadKeyPair(
  path: ConfigPath,
  options: KeyPairOptions,
  { reader, report, now }: { reader: FileReader; report: Report; now: number },
): Promise<KeyPair | undefined> {
  const { cert, key, passwordFile } = options;
  const certificateFile = cert === undefined ? undefined : await reader.read([...path, 'cert'], cert);
  const keyFile = key === undefined ? undefined : await reader.readSecret([...path, 'key'], key);
  const password =
    passwordFile === undefined ? undefined : await reader.readSecret([...path, 'passwordFile'], passwordFile);
  const chain = certificateFile && readChain(certificateFile, now, report);
  if (keyFile === undefined || (passwordFile !== undefined && password === undefined)) return undefined;

  const result = readPrivateKey(decode(keyFile), password && decode(password).replace(/\r?\n$/, ''));
  if (!('key' in result)) {
    report.inFile('error', keyFile, result.line, result.message, result.remedy);
    return undefined;
  }
  const [leaf] = chain ?? [];
  if (certificateFile === undefined || chain === undefined || leaf === undefined) return undefined;
  const owner = chain.find(({ facts }) => belongsTo(result.key, facts));
  if (owner !== leaf) {
    reportMismatch(certificateFile, keyFile, owner, report);
    return undefined;
  }
  const certPem = chain.map(({ facts }) => encodePem('CERTIFICATE', facts.der)).join('');
  const keyPem = result.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  if (!isUsable(certPem, keyPem, certificateFile, report)) return undefined;
  return { leaf: leaf.facts, certPem, keyPem, certificateFile };
}

function decode({ bytes }: ReadFile): string {
  return Buffer.from(bytes).toString('utf8');
}

/** The certificates of a file in its order, leaf first; undefined where anything in it is broken. */
function readChain(file: ReadFile, now: number, report: Report): readonly Located[] | undefined {
  const { certificates, problems } = readCertificates(file.bytes);
  for (const { line, message } of problems) {
    report.inFile(
      'error',
      file,
      line,
      message,
      'replace the file with a complete one: the certificate, then its issuers',
    );
  }
  if (problems.length > 0) return undefined;
  for (const [index, certificate] of certificates.entries()) checkDates(certificate, index === 0, now, file, report);
  checkOrder(certificates, file, report);
  return certificates;
}

function checkDates({ facts, line }: Located, isLeaf: boolean, now: number, file: NamedFile, report: Report): void {
  const severity = isLeaf ? 'error' : 'warning';
  const name = formatRfc4514(facts.subject);
  const day = (ms: number): string => new Date(ms).toISOString();
  if (now > facts.notAfter) {
    report.inFile(severity, file, line, `the certificate ${name} expired at ${day(facts.notAfter)}`, 'renew it');
  } else if (now < facts.notBefore) {
    const remedy = 'check the clock of this machine, or wait';
    report.inFile(severity, file, line, `the certificate ${name} is valid from ${day(facts.notBefore)} only`, remedy);
  } else if (facts.notAfter - now < WARN_BEFORE_MS) {
    report.inFile('warning', file, line, `the certificate ${name} expires at ${day(facts.notAfter)}`, 'renew it soon');
  }
}

/** RFC 5246 7.4.2: each certificate must directly certify the one before it. Clients of TLS 1.2 rely on that. */
function checkOrder(chain: readonly Located[], file: NamedFile, report: Report): void {
  for (const [index, { facts, line }] of chain.entries()) {
    const previous = chain[index - 1]?.facts;
    if (previous === undefined || isIssuedBy(previous, facts)) continue;
    const message = `${formatRfc4514(facts.subject)} is not the issuer of the certificate before it`;
    report.inFile('error', file, line, message, 'put the leaf first, then its issuer, then the issuer of that');
    return;
  }
}

function isIssuedBy(certificate: CertificateFacts, issuer: CertificateFacts): boolean {
  if (certificate.issuer.matchKey !== issuer.subject.matchKey) return false;
  // A weak algorithm is for the other side to judge: here it is only asked whose signature it is.
  const failure = checkSignature(certificate, issuer.publicKey);
  return failure !== 'signature-wrong' && failure !== 'key-mismatch';
}

function belongsTo(key: KeyObject, certificate: CertificateFacts): boolean {
  try {
    return new X509Certificate(certificate.der).checkPrivateKey(key);
  } catch {
    // A certificate that OpenSSL cannot read is no use to TLS, whoever holds its key.
    return false;
  }
}

function reportMismatch(certificate: NamedFile, key: NamedFile, owner: Located | undefined, report: Report): void {
  if (owner === undefined) {
    const message = `the key does not belong to the certificate in ${certificate.file}`;
    report.inFile('error', key, undefined, message, 'name the key that the certificate was made for');
  } else {
    const message = `the key belongs to ${formatRfc4514(owner.facts.subject)}, which is not the first certificate`;
    report.inFile('error', certificate, owner.line, message, 'put the certificate of the key first');
  }
}

/** The last word has the TLS engine, for instance on keys that are too short for its security level. */
function isUsable(cert: string, key: string, file: NamedFile, report: Report): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    report.inFile(
      'error',
      file,
      undefined,
      `TLS cannot use the certificate: ${reason}`,
      'issue it with a stronger key',
    );
    return false;
  }
}
