// Which account name does a mapping make of a certificate? `{upn.local}`, `svc-{cn}`.

import type { CertificateFacts } from '../../model/certificate.ts';
import { foldAscii } from '../../model/text.ts';
import { type AccountVariable, accountVariable, VARIABLE_NAMES } from './account-variables.ts';
import { isSafeAccount } from './safe-account.ts';

export type Filled = { readonly account: string } | { readonly missing: string };

export interface AccountTemplate {
  readonly variables: readonly AccountVariable[];
  /** `missing` says why the certificate gives none. */
  readonly fill: (certificate: CertificateFacts) => Filled;
}

/** The template, or what is wrong with it. `caseSensitive: false` gives names in lower case. */
export function compileAccountTemplate(text: string, caseSensitive: boolean): AccountTemplate | string {
  // Odd parts are what stood between braces.
  const parts = text.split(/\{([^{}]*)\}/);
  const literals = parts.filter((_, index) => index % 2 === 0);
  const variables: AccountVariable[] = [];
  for (const name of parts.filter((_, index) => index % 2 === 1)) {
    const variable = accountVariable(name);
    if (variable === undefined) return `{${name}} is no value of a certificate; known are ${VARIABLE_NAMES.join(', ')}`;
    variables.push(variable);
  }
  if (!isSafeAccount(literals.join('x'))) {
    return "an account name has ASCII letters, digits, single spaces and . _ @ + : / ~ ' $ - only";
  }
  const separators = literals.slice(1, -1);
  if (separators.some((separator) => !/^[^A-Za-z0-9]+$/.test(separator))) {
    return 'between two values something must stand that is no letter or digit, and is not in the values: `{cn}/{upn}`';
  }
  const reserved = new Set(separators.join(''));
  return { variables, fill: (certificate) => fill(certificate, { literals, variables, reserved, caseSensitive }) };
}

interface Template {
  readonly literals: readonly string[];
  readonly variables: readonly AccountVariable[];
  /** What separates values cannot be in one: `a/b` + `c` must not be the account of `a` + `b/c`. */
  readonly reserved: ReadonlySet<string>;
  readonly caseSensitive: boolean;
}

function fill(certificate: CertificateFacts, { literals, variables, reserved, caseSensitive }: Template): Filled {
  let account = literals[0] ?? '';
  for (const [index, { name, values }] of variables.entries()) {
    const [value, ...others] = new Set(values(certificate));
    if (value === undefined) return { missing: `the certificate has no {${name}}` };
    // A certificate with two names must not be able to choose between them.
    if (others.length > 0) return { missing: `the certificate has ${others.length + 1} values of {${name}}` };
    if (!isSafeAccount(value) || [...value].some((character) => reserved.has(character))) {
      return { missing: `{${name}} is empty, too long, or has characters that cannot be part of this account` };
    }
    account += value + (literals[index + 1] ?? '');
  }
  if (!isSafeAccount(account)) return { missing: 'the account name would be too long' };
  return { account: caseSensitive ? account : foldAscii(account) };
}
