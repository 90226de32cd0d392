// Is it a version 3 certificate?

import { type Check, invalid } from '../place.ts';

/**
 * RFC 5280 6.1.4 (k): below version 3 nothing says whether a certificate is an authority, and nothing limits it.
 * An anchor may be older: the operator has put it there.
 */
export const checkVersion: Check = ({ certificate, role }) =>
  certificate.version < 3 && role !== 'anchor' ? invalid(`version ${certificate.version}, expected 3`) : undefined;
