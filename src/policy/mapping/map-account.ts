// Which account does a mapping give a verified certificate? The first that matches decides.

import type { Identity } from '../../model/identity.ts';
import type { Strength } from './alt-security-identity.ts';
import type { CompiledMapping } from './compile-mappings.ts';

export type Mapped =
  /** `mapping`: name or place of the one that matched. */
  | { readonly kind: 'account'; readonly account: string; readonly strength: Strength; readonly mapping: string }
  | { readonly kind: 'denied'; readonly mapping: string };

/** A verified certificate: nothing here looks at who it belongs to already. */
export type MappedIdentity = Pick<Identity, 'certificate' | 'path'>;

export interface MappingStep {
  readonly mapping: string;
  readonly strength: Strength;
  readonly outcome: 'account' | 'denied' | 'no-match' | 'not-reached';
  readonly account?: string;
  /** Why not. */
  readonly note?: string;
}

/** undefined: no mapping says anything about it. `trust`: name of the trust store that its path was verified under. */
export function mapAccount(
  mappings: readonly CompiledMapping[],
  identity: MappedIdentity,
  trust: string,
): Mapped | undefined {
  for (const mapping of mappings) {
    const mapped = applyMapping(mapping, identity, trust);
    if (mapped !== undefined) return mapped;
  }
  return undefined;
}

/** The same for people: what became of each mapping, in order. */
export function traceMappings(
  mappings: readonly CompiledMapping[],
  identity: MappedIdentity,
  trust: string,
): MappingStep[] {
  let decided = false;
  return mappings.map((mapping): MappingStep => {
    const step = { mapping: mapping.id, strength: mapping.strength };
    if (decided) return { ...step, outcome: 'not-reached' };
    const mapped = applyMapping(mapping, identity, trust);
    if (mapped === undefined) return { ...step, outcome: 'no-match', note: whyNot(mapping, identity, trust) };
    decided = true;
    return mapped.kind === 'denied'
      ? { ...step, outcome: 'denied' }
      : { ...step, outcome: 'account', account: mapped.account };
  });
}

function applyMapping(mapping: CompiledMapping, identity: MappedIdentity, trust: string): Mapped | undefined {
  const { id, enabled, conditions, account, strength } = mapping;
  if (!enabled || mapping.trust?.has(trust) === false) return undefined;
  const whole: Identity = { ...identity, account: undefined };
  if (!conditions.every(({ matches }) => matches(whole))) return undefined;
  if (account === undefined) return { kind: 'denied', mapping: id };
  const filled = account.fill(identity.certificate);
  return 'account' in filled ? { kind: 'account', account: filled.account, strength, mapping: id } : undefined;
}

function whyNot(
  { enabled, trust: stores, conditions, account }: CompiledMapping,
  identity: MappedIdentity,
  trust: string,
) {
  if (!enabled) return 'not enabled';
  if (stores?.has(trust) === false) return 'for other trust stores';
  const failed = conditions.filter(({ matches }) => !matches({ ...identity, account: undefined }));
  if (failed.length > 0) {
    const hints = failed.flatMap(({ hint }) => hint?.(identity.certificate) ?? []);
    return [`differs in ${failed.map(({ key }) => key).join(', ')}`, ...hints].join('; ');
  }
  const filled = account?.fill(identity.certificate);
  return filled !== undefined && 'missing' in filled ? filled.missing : '';
}
