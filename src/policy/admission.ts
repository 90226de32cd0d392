// A rule that belongs to no site: whoever it lets in has shown a certificate.

import type { CertificateFacts } from '../model/certificate.ts';
import type { Rule } from './compile.ts';
import { type CertificateMatcher, compileMatch } from './match-certificate.ts';
import type { MatchOptions } from './options.ts';

export interface AdmissionSettings {
  /** Name of a trust store. */
  readonly trust: string;
  readonly allow: readonly MatchOptions[];
  readonly deny?: readonly MatchOptions[] | undefined;
}

export interface CompiledAdmission {
  readonly rule: Rule;
  readonly problems: readonly { readonly list: 'allow' | 'deny'; readonly entry: number; readonly message: string }[];
}

/** `authorities`: the CA certificates of the trust store, to resolve issuers by name. */
export function compileAdmission(
  { trust, allow, deny = [] }: AdmissionSettings,
  authorities: readonly CertificateFacts[],
): CompiledAdmission {
  const problems: CompiledAdmission['problems'][number][] = [];
  const compile = (list: 'allow' | 'deny', options: MatchOptions, entry: number): CertificateMatcher => {
    const { matcher, problems: found } = compileMatch(options, authorities);
    problems.push(...found.map((message) => ({ list, entry, message })));
    return matcher;
  };
  const rule: Rule = {
    id: 'admin',
    site: 'admin',
    mode: 'require',
    account: 'optional',
    trust,
    allow: allow.map((each, entry) => compile('allow', each, entry)),
    // As in rules of sites: whoever may not come in is kept out by a mapped account as well.
    deny: deny.map((each, entry) => compile('deny', { mapped: true, ...each }, entry)),
    upstream: undefined,
    onRefusal: 'respond',
    reportOnly: undefined,
  };
  return { rule, problems };
}
