// How do tests write what makes a list cover a part only, or a delta?

import { contentOf, readWhole } from '../../../src/x509/der.ts';
import { boolean, context, encode, integer, namedBits, sequence } from '../../../src/x509/der-writer.ts';
import { encodeTestName, type TestExtension } from '../../kit/pki.ts';

/** Bit numbers of RFC 5280 4.2.1.13. */
export const REASON_BIT = { unused: 0, keyCompromise: 1, cACompromise: 2, certificateHold: 6 } as const;
const ALL_BITS = [1, 2, 3, 4, 5, 6, 7, 8];

export function allReasonsBut(...bits: readonly number[]): number[] {
  return ALL_BITS.filter((bit) => !bits.includes(bit));
}

export type PointName = { readonly uri: string } | { readonly cn: string } | { readonly relative: string };

function encodePointName(name: PointName): Uint8Array {
  if ('uri' in name) return context(0, context(0, encode(0x86, Buffer.from(name.uri))));
  if ('cn' in name) return context(0, context(0, context(4, encodeTestName([{ type: 'CN', value: name.cn }]))));
  const whole = readWhole(encodeTestName([{ type: 'CN', value: name.relative }]), 'name');
  const rdn = readWhole(contentOf(whole), 'rdn');
  return context(0, encode(0xa1, contentOf(rdn)));
}

export interface PointOptions {
  readonly name?: PointName;
  readonly reasons?: readonly number[];
  /** Common name. */
  readonly crlIssuer?: string;
}

export function distributionPoints(...points: readonly PointOptions[]): TestExtension {
  const encoded = points.map(({ name, reasons, crlIssuer }) =>
    sequence(
      ...(name === undefined ? [] : [encodePointName(name)]),
      ...(reasons === undefined ? [] : [retag(0x81, namedBits(reasons))]),
      ...(crlIssuer === undefined ? [] : [context(2, context(4, encodeTestName([{ type: 'CN', value: crlIssuer }])))]),
    ),
  );
  return { oid: '2.5.29.31', value: sequence(...encoded) };
}

export interface ScopeOptions {
  readonly name?: PointName;
  readonly only?: 'users' | 'authorities' | 'attributes';
  readonly reasons?: readonly number[];
}

const ONLY = { users: 0x81, authorities: 0x82, attributes: 0x85 } as const;

export function issuingDistributionPoint({ name, only, reasons }: ScopeOptions): TestExtension {
  const flag = only === undefined ? [] : [retag(ONLY[only], boolean(true))];
  const value = sequence(
    ...(name === undefined ? [] : [encodePointName(name)]),
    ...(only === 'attributes' ? [] : flag),
    ...(reasons === undefined ? [] : [retag(0x83, namedBits(reasons))]),
    ...(only === 'attributes' ? flag : []),
  );
  return { oid: '2.5.29.28', critical: true, value };
}

/** deltaCRLIndicator. */
export function deltaOf(base: number): TestExtension {
  return { oid: '2.5.29.27', critical: true, value: integer(base) };
}

function retag(tag: number, element: Uint8Array): Uint8Array {
  return encode(tag, contentOf(readWhole(element, 'value')));
}
