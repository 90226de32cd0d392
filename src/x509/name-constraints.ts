// Which names may the certificates below an authority have? (RFC 5280 4.2.1.10)

import type { ConstrainedName, NameConstraints } from '../model/certificate.ts';
import { contentOf, type Element, expectTag, inside, insideEach, TAG } from './der.ts';
import { readConstrainedName } from './general-names.ts';
import { Malformed } from './malformed.ts';

/** One list at least, and none of them empty. */
export function readNameConstraints(element: Element): NameConstraints {
  return inside(expectTag(element, TAG.sequence), (fields) => {
    const permitted = fields.readOptional('permittedSubtrees', 0xa0);
    const excluded = fields.readOptional('excludedSubtrees', 0xa1);
    if (permitted === undefined && excluded === undefined) throw new Malformed(element.where, 'empty');
    return { permitted: permitted && readSubtrees(permitted), excluded: excluded && readSubtrees(excluded) };
  });
}

function readSubtrees(element: Element): ConstrainedName[] {
  const subtrees = insideEach(element, (item) =>
    inside(expectTag(item, TAG.sequence), (fields) => {
      const name = readConstrainedName(fields.read('base'));
      // RFC 5280 4.2.1.10: minimum is zero, which is the default and so not encoded; maximum is absent.
      const minimum = fields.readOptional('minimum', 0x80);
      if (minimum !== undefined && contentOf(minimum).some((octet) => octet !== 0)) {
        throw new Malformed(minimum.where, 'other than zero');
      }
      if (minimum !== undefined) throw new Malformed(minimum.where, 'default 0 is encoded');
      const maximum = fields.readOptional('maximum', 0x81);
      if (maximum !== undefined) throw new Malformed(maximum.where, 'is not to be there');
      return name;
    }),
  );
  if (subtrees.length === 0) throw new Malformed(element.where, 'no subtree');
  return subtrees;
}
