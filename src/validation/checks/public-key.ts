// Is its key of a kind and size that is accepted?

import { findKeyWeakness } from '../../x509/key-strength.ts';
import { type Check, invalid } from '../place.ts';

/** Every key of a path, the anchor's too: the path is as strong as its weakest key. */
export const checkPublicKey: Check = ({ certificate, options }) => {
  const problem = findKeyWeakness(certificate.publicKey, options);
  return problem === undefined ? undefined : invalid(problem);
};
