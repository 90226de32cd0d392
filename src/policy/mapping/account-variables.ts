// Which values may an account name take from a certificate?

import type { CertificateFacts } from '../../model/certificate.ts';
import { foldAscii } from '../../model/text.ts';
import { attributeOid, attributeValues } from '../../x509/name-text.ts';
import { SID_URI_PREFIX, sidOf } from '../../x509/windows-extensions.ts';

export interface AccountVariable {
  /** As it stands between braces. */
  readonly name: string;
  /** Whether KB5014754 calls a mapping by it strong. */
  readonly strong: boolean;
  /** Every value of the certificate. */
  readonly values: (certificate: CertificateFacts) => readonly string[];
}

type Read = AccountVariable['values'];

/** Where case does not count, one spelling stands for all: else each would be an account of its own. */
const altNames =
  (kind: 'dns' | 'email' | 'upn'): Read =>
  ({ known }) =>
    (known.subjectAltNames ?? []).flatMap((name) => (name.kind === kind ? [foldAscii(name.value)] : []));

const part =
  (read: Read, index: 1 | 2): Read =>
  (certificate) =>
    read(certificate).map((value) => /^([^@]+)@([^@]+)$/.exec(value)?.[index] ?? '');

const uris: Read = ({ known }) =>
  (known.subjectAltNames ?? []).flatMap((name) =>
    name.kind === 'uri' && !name.value.startsWith(SID_URI_PREFIX) ? [name.value] : [],
  );

const VARIABLES: Readonly<Record<string, Omit<AccountVariable, 'name'>>> = {
  upn: { strong: false, values: altNames('upn') },
  'upn.local': { strong: false, values: part(altNames('upn'), 1) },
  'upn.domain': { strong: false, values: part(altNames('upn'), 2) },
  email: { strong: false, values: altNames('email') },
  'email.local': { strong: false, values: part(altNames('email'), 1) },
  'email.domain': { strong: false, values: part(altNames('email'), 2) },
  'san.dns': { strong: false, values: altNames('dns') },
  'san.uri': { strong: false, values: uris },
  cn: { strong: false, values: ({ subject }) => attributeValues(subject, 'CN') },
  sid: { strong: true, values: (certificate) => [sidOf(certificate)].filter((sid) => sid !== undefined) },
  ski: { strong: true, values: ({ known }) => [known.subjectKeyId].filter((ski) => ski !== undefined) },
  /** Of an issuer that the mapping names, or it would say nothing. */
  serial: { strong: true, values: ({ serial }) => [serial] },
};

/** undefined for what is no variable. `subject.X` is any attribute of the subject. */
export function accountVariable(name: string): AccountVariable | undefined {
  const known = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
  if (known !== undefined) return { name, ...known };
  const type = /^subject\.(.+)$/.exec(name)?.[1];
  if (type === undefined || attributeOid(type) === undefined) return undefined;
  return { name, strong: false, values: ({ subject }) => attributeValues(subject, type) };
}

export const VARIABLE_NAMES: readonly string[] = [...Object.keys(VARIABLES), 'subject.O'];
