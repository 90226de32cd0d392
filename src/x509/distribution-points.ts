// Where are the lists of a certificate, and which certificates does a list speak of? (RFC 5280 4.2.1.13, 5.2.5)

import type { DistributionPoint, DistributionPointName, IssuingDistributionPoint } from '../model/certificate.ts';
import { REASON_FLAGS } from './crl-reasons.ts';
import { type Element, expectTag, inside, insideEach, type Reader, TAG } from './der.ts';
import { readBoolean, readNamedBits } from './der-values.ts';
import { readGeneralNames } from './general-names.ts';
import { Malformed } from './malformed.ts';
import { readAttributes } from './name.ts';

/** cRLDistributionPoints, and freshestCRL, which has the same form. */
export function readDistributionPoints(element: Element): DistributionPoint[] {
  const points = insideEach(expectTag(element, TAG.sequence), (point) =>
    inside(expectTag(point, TAG.sequence), (fields) => {
      const name = readPointName(fields);
      const reasons = readReasons(fields.readOptional('reasons', 0x81));
      const issuer = fields.readOptional('cRLIssuer', 0xa2);
      if (name === undefined && issuer === undefined) throw new Malformed(point.where, 'neither name nor issuer');
      return { name, reasons, crlIssuer: issuer && readGeneralNames(issuer) };
    }),
  );
  if (points.length === 0) throw new Malformed(element.where, 'no point');
  return points;
}

/** RFC 5280 5.2.5: not empty, and at most one of the three `only` flags. */
export function readIssuingDistributionPoint(element: Element): IssuingDistributionPoint {
  return inside(expectTag(element, TAG.sequence), (fields) => {
    const name = readPointName(fields);
    const onlyContainsUserCerts = readFlag(fields, 'onlyContainsUserCerts', 0x81);
    const onlyContainsCaCerts = readFlag(fields, 'onlyContainsCACerts', 0x82);
    const onlySomeReasons = readReasons(fields.readOptional('onlySomeReasons', 0x83));
    const indirectCrl = readFlag(fields, 'indirectCRL', 0x84);
    const onlyContainsAttributeCerts = readFlag(fields, 'onlyContainsAttributeCerts', 0x85);
    const only = [onlyContainsUserCerts, onlyContainsCaCerts, onlyContainsAttributeCerts].filter(Boolean).length;
    if (only > 1) throw new Malformed(element.where, 'more than one of the flags that exclude each other');
    if (only === 0 && name === undefined && onlySomeReasons === undefined && !indirectCrl) {
      throw new Malformed(element.where, 'empty');
    }
    return {
      name,
      onlyContainsUserCerts,
      onlyContainsCaCerts,
      onlySomeReasons,
      indirectCrl,
      onlyContainsAttributeCerts,
    };
  });
}

function readPointName(fields: Reader): DistributionPointName | undefined {
  const wrapped = fields.readOptional('distributionPoint', 0xa0);
  return wrapped && inside(wrapped, (choice) => readChoice(choice.read('name')));
}

function readChoice(choice: Element): DistributionPointName {
  return choice.tag === 0xa0
    ? { kind: 'full', names: readGeneralNames(choice) }
    : { kind: 'relative', rdn: readAttributes(expectTag(choice, 0xa1)) };
}

function readReasons(element: Element | undefined): ReadonlySet<string> | undefined {
  return (
    element &&
    new Set(
      readNamedBits(element).flatMap((bit) => {
        if (bit === 0) return [];
        const reason = REASON_FLAGS[bit];
        if (reason === undefined) throw new Malformed(element.where, 'no such reason');
        return [reason];
      }),
    )
  );
}

/** X.690 11.5: FALSE is the default, and so never encoded. */
function readFlag(fields: Reader, name: string, tag: number): boolean {
  const element = fields.readOptional(name, tag);
  if (element === undefined) return false;
  if (!readBoolean(element)) throw new Malformed(element.where, 'default FALSE is encoded');
  return true;
}

/** The addresses of all points in their order. */
export function urisOfPoints(points: readonly DistributionPoint[]): string[] {
  const names = points.flatMap(({ name }) => (name?.kind === 'full' ? name.names : []));
  return names.flatMap((name) => (name.kind === 'uri' ? [name.value] : []));
}
