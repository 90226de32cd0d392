// What does this certificate say? (RFC 5280 4.1)

import { hash } from 'node:crypto';
import type { CertificateFacts } from '../model/certificate.ts';
import { readAlgorithm } from './algorithm.ts';
import { derOf, type Element, inside, type Reader, readWhole, TAG } from './der.ts';
import { areSameOctets, readBitOctets, readBitString, readSmallInteger } from './der-values.ts';
import { decodeKnownExtensions, readExtensions } from './extensions.ts';
import { Malformed } from './malformed.ts';
import { readName } from './name.ts';
import { readPublicKey } from './public-key.ts';
import { readSerial } from './serial.ts';
import { readTime } from './time.ts';

/** Largest certificate read when the caller has no limit of its own, as for files: OpenSSL takes 100 KiB of a whole chain. */
const MAX_CERTIFICATE_BYTES = 64 * 1024;

type TbsFacts = Omit<CertificateFacts, 'der' | 'fingerprint' | 'tbsHash' | 'tbs' | 'signature'>;

/** Reads one DER certificate. Throws Malformed. */
export function parseCertificate(der: Uint8Array, maxBytes: number = MAX_CERTIFICATE_BYTES): CertificateFacts {
  if (der.length > maxBytes) throw new Malformed('certificate', `larger than ${maxBytes} octets`);
  const certificate = readWhole(der, 'certificate', TAG.sequence);
  return inside(certificate, (fields) => {
    const tbs = fields.read('tbs', TAG.sequence);
    const facts = inside(tbs, readTbs);
    const algorithm = fields.read('signatureAlgorithm', TAG.sequence);
    // RFC 5280 4.1.1.2: the same as inside, or the one that counts would not be the one that was signed.
    if (!areSameOctets(derOf(algorithm), facts.signatureAlgorithm.der)) {
      throw new Malformed(algorithm.where, 'not the algorithm inside');
    }
    const signature = readBitOctets(fields.read('signature', TAG.bitString));
    const tbsDer = derOf(tbs);
    const whole = derOf(certificate);
    const fingerprint = hash('sha256', whole, 'hex');
    return { ...facts, der: whole, fingerprint, tbs: tbsDer, tbsHash: hash('sha256', tbsDer, 'hex'), signature };
  });
}

function readTbs(fields: Reader): TbsFacts {
  const version = readVersion(fields.readOptional('version', 0xa0));
  const serial = readSerial(fields.read('serialNumber', TAG.integer));
  const signatureAlgorithm = readAlgorithm(fields.read('signature', TAG.sequence));
  const issuer = readName(fields.read('issuer', TAG.sequence));
  const validity = inside(fields.read('validity', TAG.sequence), (dates) => ({
    notBefore: readTime(dates.read('notBefore')),
    notAfter: readTime(dates.read('notAfter')),
  }));
  const subject = readName(fields.read('subject', TAG.sequence));
  const publicKey = readPublicKey(fields.read('subjectPublicKeyInfo', TAG.sequence));
  checkUniqueId(fields.readOptional('issuerUniqueID', 0x81), version);
  checkUniqueId(fields.readOptional('subjectUniqueID', 0x82), version);
  const wrapped = fields.readOptional('extensions', 0xa3);
  if (wrapped !== undefined && version !== 3) throw new Malformed(wrapped.where, `extensions in version ${version}`);
  const extensions = wrapped === undefined ? [] : inside(wrapped, (content) => readExtensions(content.read('')));
  const known = decodeKnownExtensions(extensions, `${fields.where}.extensions`);
  return { version, serial, signatureAlgorithm, issuer, ...validity, subject, publicKey, extensions, known };
}

/** RFC 5280 4.1.2.1. Version 1 is the DEFAULT, and so never encoded. */
function readVersion(element: Element | undefined): number {
  if (element === undefined) return 1;
  const version = 1 + inside(element, (fields) => readSmallInteger(fields.read('number', TAG.integer)));
  if (version !== 2 && version !== 3) throw new Malformed(element.where, 'no such version, or the default encoded');
  return version;
}

/** RFC 5280 4.1.2.8: only in versions 2 and 3. */
function checkUniqueId(element: Element | undefined, version: number): void {
  if (element === undefined) return;
  if (version === 1) throw new Malformed(element.where, 'unique identifier in version 1');
  readBitString(element);
}
