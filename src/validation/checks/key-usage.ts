// Is its key meant for what it is used for here?

import { type Check, invalid } from '../place.ts';

/** RFC 5280 4.2.1.12 with 4.2.1.3: a TLS client signs the handshake, so its key usage, if stated, says digitalSignature. */
export const checkClientKeyUsage: Check = ({ certificate }) => {
  const usage = certificate.known.keyUsage;
  return usage === undefined || usage.has('digitalSignature')
    ? undefined
    : { code: 'certificate-usage', note: 'the key usage lacks digitalSignature' };
};

/** RFC 5280 6.1.4 (n). */
export const checkIssuerKeyUsage: Check = ({ certificate }) => {
  const usage = certificate.known.keyUsage;
  return usage === undefined || usage.has('keyCertSign')
    ? undefined
    : invalid('issues certificates, but its key usage lacks keyCertSign');
};
