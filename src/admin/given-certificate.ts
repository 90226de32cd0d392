// Which certificate does the body of a request mean?

import { z } from 'zod';
import { CREDENTIAL_WAYS, credentialOf } from '../decision/credential-of.ts';
import type { NewCredential } from '../directory/changes.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import { readCertificates } from '../x509/files.ts';
import { encodePem } from '../x509/pem.ts';
import { digest, serialNumber } from './fields.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import type { Sources } from './sources.ts';

const by = z
  .enum(CREDENTIAL_WAYS)
  .default('issuer-serial')
  .describe('Known again by issuer and serial number, key (`spki`), or what its issuer signed (`tbs`).');

export const givenCertificate = z
  .union([
    z.strictObject({ pem: z.string().describe('The certificate, and what its client sends behind it.'), by }),
    z.strictObject({ requestId: z.string().min(1).max(128).describe('It came with this recent request.'), by }),
    z.strictObject({ issuerKey: digest.describe('SHA-256 of the key of its issuer.'), serial: serialNumber }),
    z.strictObject({ publicKey: digest.describe('SHA-256 of its key: every certificate with that key.') }),
    z.strictObject({ fingerprint: digest.describe('SHA-256 of the certificate.') }),
  ])
  .describe('A certificate, in one of five ways.');

export type GivenCertificate = z.output<typeof givenCertificate>;

export async function chooseCredential(given: GivenCertificate, sources: Sources): Promise<NewCredential | Problem> {
  if ('issuerKey' in given) {
    return { match: { kind: 'issuer-serial', issuerSpki: given.issuerKey, serial: given.serial } };
  }
  if ('publicKey' in given) return { match: { kind: 'spki', spki: given.publicKey } };
  if ('fingerprint' in given) return { match: { kind: 'fingerprint', fingerprint: given.fingerprint } };
  const chain = 'pem' in given ? readPem(given.pem) : await chainOf(given.requestId, sources);
  if (isProblem(chain)) return chain;
  const [leaf, ...presented] = chain;
  if (leaf === undefined) return problem('invalid', 'There is no certificate in it.');
  const { trustStores, settings } = sources.configuration();
  const { credential } = credentialOf({
    leaf,
    presented,
    trustStores: [...trustStores.values()].map(({ store }) => store),
    validation: settings.validation,
    now: sources.clock(),
    by: given.by,
  });
  return (
    credential ?? problem('invalid', 'No authority of the trust stores has issued the certificate; use `by: tbs`.')
  );
}

/** All that is in it, or what is wrong with it. */
export function readPem(pem: string): readonly CertificateFacts[] | Problem {
  const { certificates, problems } = readCertificates(Buffer.from(pem));
  const [flaw] = problems;
  if (flaw === undefined && certificates.length > 0) return certificates.map(({ facts }) => facts);
  const where = flaw?.line === undefined ? '' : `line ${flaw.line}: `;
  return problem('invalid', `The certificate: ${where}${flaw?.message ?? 'there is none'}`);
}

async function chainOf(wanted: string, { recent, catchUp }: Sources): Promise<readonly CertificateFacts[] | Problem> {
  await catchUp();
  const [decision] = recent.find(({ requestId }) => requestId === wanted, 1);
  if (decision === undefined) return problem('not-found', 'No such request is among the last ones.');
  const { evidence } = decision;
  if (evidence?.leaf === undefined) return problem('not-found', 'No certificate was read with that request.');
  const pems = [evidence.leaf, ...evidence.presented].map((der) => encodePem('CERTIFICATE', der));
  return readPem(pems.join(''));
}
