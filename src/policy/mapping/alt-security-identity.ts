// Which certificates does a value of altSecurityIdentities mean? `X509:<I>...<SR>...` ([MS-PKCA] 3.1.5.2.1, KB5014754)

import { hash } from 'node:crypto';
import type { CertificateFacts } from '../../model/certificate.ts';
import { canonicalSerial, foldAscii } from '../../model/text.ts';
import { hashKeyBits } from '../../x509/ocsp-cert-id.ts';
import { sidOf } from '../../x509/windows-extensions.ts';
import { isNamed, parseWindowsName, type WindowsName, writeWindowsName } from '../../x509/windows-name.ts';
import { type CertificateMatcher, issuerKeyOf, theOnlyKey } from '../match-certificate.ts';

/** What KB5014754 calls a mapping: by what a holder cannot have of others, or by names that may be given twice. */
export type Strength = 'strong' | 'weak';

export interface AltSecurityIdentity {
  readonly strength: Strength;
  readonly namesIssuer: boolean;
  readonly matches: CertificateMatcher;
  /** Why it does not match although somebody may think so. */
  readonly hint: (certificate: CertificateFacts) => string | undefined;
}

type Test = (certificate: CertificateFacts) => boolean;

/** A tag's value to a test, or to what is wrong with it. */
type Compile = (value: string, fold: (text: string) => string) => Test | string;

const TAGS: Readonly<Record<string, Compile>> = {
  S: (value, fold) => {
    const name = parseWindowsName(value);
    return name === undefined ? NO_NAME : ({ subject }) => isNamed(subject, name, fold);
  },
  SR: (value) => {
    const serial = canonicalSerial(`<SR>${value}`);
    return serial === undefined ? 'expected hexadecimal digits' : (certificate) => certificate.serial === serial;
  },
  SKI: (value) => compileHex(value, ({ known }) => [known.subjectKeyId]),
  'SHA1-PUKEY': (value) => compileHex(value, sha1HashesOf),
  RFC822: (value) => compileAltName('email', value),
  PN: (value) => compileAltName('upn', value),
  SID: (value) => (certificate) => sidOf(certificate) === value,
};

const FORMS: ReadonlyMap<string, Strength> = new Map([
  ['I,SR', 'strong'],
  ['SKI', 'strong'],
  ['SHA1-PUKEY', 'strong'],
  ['I,SID', 'strong'],
  ['I,S', 'weak'],
  ['S', 'weak'],
  ['RFC822', 'weak'],
  ['PN', 'weak'],
]);

const NO_NAME = 'expected a name from the root down, such as DC=com,DC=contoso,CN=alice';

/** The identity, or what is wrong with it. `authorities`: among them `<I>` must name exactly one key (design rule 11). */
export function compileAltSecurityIdentity(
  text: string,
  authorities: readonly CertificateFacts[],
  fold: (text: string) => string,
): AltSecurityIdentity | string {
  const fields = splitTags(text);
  const strength = fields && FORMS.get([...fields.keys()].join(','));
  if (fields === undefined || strength === undefined) return `expected X509: and ${describeForms()}`;
  const tests: Test[] = [];
  for (const [tag, value] of fields) {
    const test = TAGS[tag]?.(value, fold);
    if (typeof test === 'string') return `<${tag}>: ${test}`;
    if (test !== undefined) tests.push(test);
  }
  const issuer = fields.get('I');
  const resolved = issuer === undefined ? undefined : resolveIssuer(issuer, authorities);
  if (resolved !== undefined && 'problem' in resolved) return `<I>: ${resolved.problem}`;
  const serial = fields.get('SR');
  return {
    strength,
    namesIssuer: resolved !== undefined,
    matches: ({ certificate, path }) =>
      (resolved === undefined || issuerKeyOf(path) === resolved.key) && tests.every((test) => test(certificate)),
    hint: (certificate) =>
      serial !== undefined && canonicalSerial(serial) === certificate.serial
        ? '<SR> holds the serial number as it is displayed; it belongs there with its bytes reversed'
        : undefined,
  };
}

/** Every identity of a certificate, strong ones first: what an administrator could write into the directory. */
export function listAltSecurityIdentities(certificate: CertificateFacts): { text: string; strength: Strength }[] {
  const { serial, known } = certificate;
  const [issuer, subject] = [writeWindowsName(certificate.issuer), writeWindowsName(certificate.subject)];
  const reversed = Buffer.from(serial, 'hex').reverse().toString('hex');
  const sid = sidOf(certificate);
  const named = (kind: 'email' | 'upn', tag: string) =>
    (known.subjectAltNames ?? []).flatMap((name) => (name.kind === kind ? [`<${tag}>${name.value}`] : []));
  const texts = [
    ...(issuer ? [`<I>${issuer}<SR>${reversed}`] : []),
    ...(known.subjectKeyId === undefined ? [] : [`<SKI>${known.subjectKeyId}`]),
    ...sha1HashesOf(certificate).map((digest) => `<SHA1-PUKEY>${digest}`),
    ...(issuer && sid !== undefined ? [`<I>${issuer}<SID>${sid}`] : []),
    ...(issuer && subject ? [`<I>${issuer}<S>${subject}`] : []),
    ...(subject ? [`<S>${subject}`] : []),
    ...named('email', 'RFC822'),
    ...named('upn', 'PN'),
  ];
  return texts.flatMap((text) => {
    // What cannot be read back (a quote or a bracket in a mail address) is nothing to paste.
    const strength = FORMS.get([...(splitTags(`X509:${text}`)?.keys() ?? [])].join(','));
    return strength === undefined ? [] : [{ text: `X509:${text}`, strength }];
  });
}

const FIELD = /<([A-Z0-9-]+)>((?:"(?:[^"]|"")*"|[^"<>])+)/y;

/** Values by tag; a bracket between quotes is part of a name. */
function splitTags(text: string): Map<string, string> | undefined {
  if (!/^X509:</i.test(text)) return undefined;
  const rest = text.slice('X509:'.length);
  const field = new RegExp(FIELD);
  const fields = new Map<string, string>();
  while (field.lastIndex < rest.length) {
    const [, tag, value] = field.exec(rest) ?? [];
    if (tag === undefined || value === undefined || fields.has(tag)) return undefined;
    fields.set(tag, value);
  }
  return fields;
}

function resolveIssuer(
  text: string,
  authorities: readonly CertificateFacts[],
): { readonly key: string } | { readonly problem: string } {
  const name = parseWindowsName(text);
  if (name === undefined) return { problem: NO_NAME };
  const called = (wanted: WindowsName) => authorities.filter(({ subject }) => isNamed(subject, wanted, foldAscii));
  const problems: string[] = [];
  const key = theOnlyKey(called(name), problems);
  if (key !== undefined) return { key };
  const [turned] = called(name.toReversed());
  const hint = turned && writeWindowsName(turned.subject);
  return { problem: hint ? `the name begins at the wrong end; write ${hint}` : (problems[0] ?? '') };
}

/** Microsoft's text says hash of the public key, its tools have written that of the certificate: both are in use. */
function sha1HashesOf({ der, publicKey }: CertificateFacts): string[] {
  return [hashKeyBits(publicKey, 'sha1'), hash('sha1', der, 'hex')];
}

function compileHex(text: string, values: (certificate: CertificateFacts) => readonly unknown[]): Test | string {
  const digits = text.replace(/[\s:\-\u200e\u200f]/g, '').toLowerCase();
  if (!/^([0-9a-f]{2})+$/.test(digits)) return 'expected hexadecimal digits';
  return (certificate) => values(certificate).includes(digits);
}

function compileAltName(kind: 'email' | 'upn', value: string): Test {
  const wanted = foldAscii(value);
  return ({ known }) =>
    (known.subjectAltNames ?? []).some((name) => name.kind === kind && foldAscii(name.value) === wanted);
}

function describeForms(): string {
  return [...FORMS.keys()]
    .map((form) =>
      form
        .split(',')
        .map((tag) => `<${tag}>...`)
        .join(''),
    )
    .join(', ');
}
