// Which algorithm is named here? AlgorithmIdentifier (RFC 5280 4.1.1.2).

import type { AlgorithmIdentifier } from '../model/certificate.ts';
import { derOf, type Element, inside, TAG } from './der.ts';
import { checkAny, readOid } from './der-values.ts';

export function readAlgorithm(element: Element): AlgorithmIdentifier {
  return inside(element, (fields) => {
    const oid = readOid(fields.read('algorithm', TAG.oid));
    const parameters = fields.nextTag() === undefined ? undefined : derOf(checkAny(fields.read('parameters')));
    return { oid, parameters, der: derOf(element) };
  });
}
