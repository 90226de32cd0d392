// Target: certificates, and the extensions of anything by themselves.

import { parseCertificate } from '../../../src/x509/certificate.ts';
import { readWhole } from '../../../src/x509/der.ts';
import { sequenceOf } from '../../../src/x509/der-writer.ts';
import { decodeKnownExtensions, readExtensions } from '../../../src/x509/extensions.ts';
import { checkCertificate, checkKnown, describeKnown, readOrRefuse } from '../invariants.ts';
import { compareWithOpenssl, type Disagreements } from '../openssl.ts';
import { makeCertificates } from '../seeds/certificates.ts';
import type { Corpus } from '../seeds/corpus.ts';
import { OTHER_FORMS } from '../seeds/extensions.ts';
import { makeExtensionLists } from '../seeds/others.ts';
import type { Target } from '../target.ts';

const MAX_BYTES = 70_000;

/** Every `sampleEvery`th accepted certificate is shown to OpenSSL. */
export function certificateTarget(corpus: Corpus, disagreements: Disagreements, sampleEvery: number): Target {
  let accepted = 0;
  return {
    name: 'certificate',
    shape: 'der',
    maxBytes: MAX_BYTES,
    seeds: [...makeCertificates(), ...(corpus.get('CERTIFICATE') ?? [])],
    run: (input) =>
      readOrRefuse(
        () => parseCertificate(input),
        (facts) => {
          if (accepted++ % sampleEvery === 0) compareWithOpenssl(facts, disagreements);
          return checkCertificate(input, facts);
        },
      ),
  };
}

export function extensionsTarget(): Target {
  return {
    name: 'extensions',
    shape: 'der',
    maxBytes: MAX_BYTES,
    seeds: [...makeExtensionLists(), sequenceOf(OTHER_FORMS)],
    run: (input) =>
      readOrRefuse(
        () => decodeKnownExtensions(readExtensions(readWhole(input, 'extensions')), 'extensions'),
        (known) => {
          checkKnown(known);
          return describeKnown(known);
        },
      ),
  };
}
