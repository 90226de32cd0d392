// Whose certificate is this, by the mappings of a configuration? The work of `portcullis map test`.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Refusal } from '../model/reasons.ts';
import { listAltSecurityIdentities, type Strength } from '../policy/mapping/alt-security-identity.ts';
import { type Authorities, compileMappings } from '../policy/mapping/compile-mappings.ts';
import { type MappedIdentity, type MappingStep, traceMappings } from '../policy/mapping/map-account.ts';
import type { MappingOptions } from '../policy/mapping/options.ts';
import { authoritiesOf, type TrustStore } from '../trust/trust-store.ts';
import type { ValidationOptions } from '../validation/options.ts';
import { validatePath } from '../validation/validate.ts';
import { sidOf, templateOf } from '../x509/windows-extensions.ts';

export interface MapTestInput {
  readonly leaf: CertificateFacts;
  /** What the client would send behind it. */
  readonly presented: readonly CertificateFacts[];
  /** Those to try it under, by name; all that there are say who is known as an issuer. */
  readonly trust: readonly string[];
  readonly trustStores: ReadonlyMap<string, TrustStore>;
  readonly mappings: readonly MappingOptions[];
  readonly validation: ValidationOptions;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The account that an entry of the directory ties to the certificate: it comes before all mappings. */
  readonly entryOf?: (identity: MappedIdentity) => string | undefined;
}

export interface MapTestResult {
  readonly stores: readonly StoreResult[];
  /** What an administrator could write into altSecurityIdentities. */
  readonly identities: readonly { readonly text: string; readonly strength: Strength }[];
  readonly upns: readonly string[];
  readonly sid: string | undefined;
  readonly template: { readonly name: string | undefined; readonly oid: string | undefined };
}

/** What one trust store and the mappings make of it. */
export interface StoreResult {
  readonly trust: string;
  /** Leaf first; undefined where the certificate is refused. */
  readonly path: readonly CertificateFacts[] | undefined;
  readonly refusal: Refusal | undefined;
  /** The account by an entry of the directory. */
  readonly entry: string | undefined;
  /** Empty where there is no path, or an entry decides. */
  readonly steps: readonly MappingStep[];
  /** Whom it is mapped to, whoever says so. */
  readonly account: string | undefined;
}

export function testMappings(input: MapTestInput): MapTestResult {
  const { leaf, trust } = input;
  const names = leaf.known.subjectAltNames ?? [];
  return {
    stores: trust.map((name) => testUnder(name, input)),
    identities: listAltSecurityIdentities(leaf),
    upns: names.flatMap((name) => (name.kind === 'upn' ? [name.value] : [])),
    sid: sidOf(leaf),
    template: templateOf(leaf),
  };
}

/** The trust stores under which a mapping could say anything; all of them where one names none, or there is no mapping. */
export function storesOfMappings(mappings: readonly MappingOptions[], all: readonly string[]): readonly string[] {
  if (mappings.length === 0 || mappings.some(({ trust }) => trust === undefined)) return all;
  const named = new Set(mappings.flatMap(({ trust }) => trust ?? []));
  return all.filter((name) => named.has(name));
}

function testUnder(trust: string, input: MapTestInput): StoreResult {
  const { leaf, presented, trustStores, validation, now, entryOf } = input;
  const store = trustStores.get(trust);
  if (store === undefined) throw new RangeError(`no trust store is called ${trust}`);
  const { anchors, intermediates } = store;
  const validated = validatePath({ leaf, presented, anchors, intermediates, at: now, options: validation });
  const nothing = { trust, path: undefined, refusal: undefined, entry: undefined, steps: [], account: undefined };
  if (!validated.ok) return { ...nothing, refusal: validated.refusal };
  const { path } = validated;
  const identity = { certificate: leaf, path };
  const entry = entryOf?.(identity);
  if (entry !== undefined) return { ...nothing, path, entry, account: entry };
  const authorities: Authorities = new Map([...trustStores].map(([name, each]) => [name, authoritiesOf(each)]));
  const steps = traceMappings(compileMappings(input.mappings, authorities).mappings, identity, trust);
  return { ...nothing, path, steps, account: steps.find(({ account }) => account !== undefined)?.account };
}
