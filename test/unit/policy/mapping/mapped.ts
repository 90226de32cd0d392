// Mappings under test: a corporate and a partner's trust store, and what becomes of a certificate under them.

import { type CompiledMappings, compileMappings } from '../../../../src/policy/mapping/compile-mappings.ts';
import { type Mapped, mapAccount, traceMappings } from '../../../../src/policy/mapping/map-account.ts';
import { type MappingOptions, mappingsOptions } from '../../../../src/policy/mapping/options.ts';
import { makeRoot, type TestCertificate } from '../../../kit/pki.ts';
import { identityOf } from '../identities.ts';

export const corporateRoot = makeRoot({ name: 'Corporate Root' });
export const issuing = corporateRoot.intermediate({
  subject: [
    { type: 'DC', value: 'example' },
    { type: 'DC', value: 'corp' },
    { type: 'CN', value: 'Corporate CA' },
  ],
});
export const partner = makeRoot({ name: 'Partner CA' });
/** The name of ours, and a key of its own. */
export const namesake = partner.intermediate({
  subject: [
    { type: 'DC', value: 'example' },
    { type: 'DC', value: 'corp' },
    { type: 'CN', value: 'Corporate CA' },
  ],
});

export const AUTHORITIES = new Map([
  ['corporate', [corporateRoot.facts, issuing.facts]],
  ['partners', [partner.facts]],
]);

export function parse(entries: readonly object[]): MappingOptions[] {
  return mappingsOptions.parse(entries);
}

/** Fails where they do not compile. */
export function compile(entries: readonly object[], authorities = AUTHORITIES): CompiledMappings['mappings'] {
  const { mappings, problems } = compileMappings(parse(entries), authorities);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return mappings;
}

export function problemsOf(entry: object, authorities = AUTHORITIES): string[] {
  return compileMappings(parse([entry]), authorities).problems.map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

/** Under the trust store `corporate` unless said. */
export function map(entries: readonly object[], leaf: TestCertificate, trust = 'corporate'): Mapped | undefined {
  return mapAccount(compile(entries), identityOf(leaf), trust);
}

/** The account; `denied`; undefined where nothing matches. */
export function accountOf(entries: readonly object[], leaf: TestCertificate, trust?: string): string | undefined {
  const mapped = map(entries, leaf, trust);
  return mapped?.kind === 'account' ? mapped.account : mapped?.kind;
}

/** Why each mapping matches or does not. */
export function trace(entries: readonly object[], leaf: TestCertificate, trust = 'corporate') {
  return traceMappings(compile(entries), identityOf(leaf), trust);
}
