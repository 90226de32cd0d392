// Are there more authorities below it than it allows?

import { type Check, invalid } from '../place.ts';

/** RFC 5280 4.2.1.9 and 6.1.4 (l), (m): neither the leaf nor self-issued certificates count. */
export const checkPathLength: Check = ({ certificate, countedBelow }) => {
  const limit = certificate.known.basicConstraints?.pathLength;
  return limit !== undefined && countedBelow > limit
    ? invalid(`allows ${limit} authorities below it, the path has ${countedBelow}`)
    : undefined;
};
