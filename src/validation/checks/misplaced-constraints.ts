// Does a certificate constrain the names of others that is no authority?

import { type Check, invalid } from '../place.ts';

/** RFC 5280 4.2.1.10: name constraints are for authorities only; whoever wrote these meant another certificate. */
export const checkMisplacedConstraints: Check = ({ certificate: { known } }) =>
  known.nameConstraints !== undefined && known.basicConstraints?.ca !== true
    ? invalid('has name constraints, but is no certificate authority')
    : undefined;
