// May it issue certificates at all?

import { type Check, invalid } from '../place.ts';

/**
 * RFC 5280 6.1.4 (k). A version 1 anchor has no extensions to say it with; a version 3 anchor without the CA flag is a
 * client's own certificate that somebody put among the anchors, and must not become an authority.
 */
export const checkBasicConstraints: Check = ({ certificate, role }) => {
  if (role === 'anchor' && certificate.version < 3) return undefined;
  return certificate.known.basicConstraints?.ca === true
    ? undefined
    : invalid('issues certificates, but is no certificate authority');
};
