// Does an issuer have a name?

import { type Check, invalid } from '../place.ts';

/**
 * RFC 5280 4.1.2.6: the subject of an authority is not empty. Since names chain (6.1.3 (a)(4)), this also refuses
 * every certificate whose issuer is empty (4.1.2.4).
 */
export const checkSubjectName: Check = ({ certificate }) =>
  certificate.subject.rdns.length === 0 ? invalid('the subject of an issuer is empty') : undefined;
