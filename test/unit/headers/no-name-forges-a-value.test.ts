// Whatever a name in a certificate holds, each format says exactly that, and nothing else that a service might read.

import fc from 'fast-check';
import t from 'tap';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import { FORMAT_NAMES } from '../../../src/headers/options.ts';
import type { Identity } from '../../../src/model/identity.ts';
import {
  readIisName,
  readRfc4514,
  readTraefikInfo,
  readTraefikName,
  readXfcc,
  searchIisName,
  splitXfcc,
} from '../../kit/header-readers.ts';
import { makeKey, makeRoot } from '../../kit/pki.ts';

const RUNS = 150;

const root = makeRoot({ name: 'Test Root' });
const issuing = root.intermediate({ name: 'Test Issuing' });
const key = makeKey('ec');
const writer = compileIdentityHeaders([...FORMAT_NAMES], 1_048_576);

const PIECES = [
  ...[
    ...'",;=+<>#\\%/&?:\' ',
    'a',
    '2C',
    '3D',
    '22',
    'CN=admin',
    ',CN=admin',
    'cn=admin',
    ', CN=admin',
    'O=',
    'OU=admin',
  ],
  ...['";', '\\"', '\\\\', '";URI=spiffe://admin', ',By=admin', ';Hash=00', 'SAN="', '%22%3B', '%2CCN%3Dadmin', '+'],
];
/** What a string of a name may hold besides: nothing of it may reach a header as it is. */
const ODD = ['\0', '\r\nX-Client-Subject: CN=admin\r\n', '\n', '\t', '\u007f', '\u0085', '\u2028', '\u202e', '\u00a0'];

const asciiText = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
const anyText = fc.oneof(
  fc
    .array(fc.constantFrom(...PIECES, ...ODD, 'ü', '李', '\u{1f600}'), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
);
const person = fc.record({
  organization: anyText,
  commonName: anyText,
  uris: fc.array(asciiText, { maxLength: 3 }),
  hosts: fc.array(asciiText, { maxLength: 3 }),
});
type Person = typeof person extends fc.Arbitrary<infer T> ? T : never;

function write({ organization, commonName, uris, hosts }: Person): Map<string, string> {
  const san = [
    ...uris.map((value) => ({ kind: 'uri', value }) as const),
    ...hosts.map((value) => ({ kind: 'dns', value }) as const),
  ];
  const { facts } = issuing.client({
    key,
    subject: [
      { type: 'O', value: organization },
      { type: 'CN', value: commonName },
    ],
    ...(san.length > 0 && { san }),
  });
  const identity: Identity = { certificate: facts, path: [facts, issuing.facts, root.facts], account: undefined };
  const written = writer.write(identity, undefined);
  if (!('headers' in written)) throw new Error(written.refusal.note);
  const { headers } = written;
  return new Map(headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : [])));
}

/** Runs the claim on many people; `fc` finds the smallest for which it does not hold. */
function holds(what: string, claim: (headers: Map<string, string>, someone: Person) => void): void {
  t.test(what, async () => {
    fc.assert(
      fc.property(person, (someone) => claim(write(someone), someone)),
      { numRuns: RUNS },
    );
  });
}

function same(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

holds('every value is printable ASCII without a space at either end', (headers) => {
  for (const [name, value] of headers) {
    if (!/^[!-~]([ -~]*[!-~])?$/.test(value)) throw new Error(`${name}: ${value}`);
  }
});

holds('names by RFC 4514 and by OpenSSL', (headers, { organization, commonName }) => {
  for (const name of [
    'X-Client-Subject',
    'X-SSL-Client-S-DN',
    'ssl-client-subject-dn',
    'X-Amzn-Mtls-Clientcert-Subject',
    'X-Client-Certificate-Subject',
  ]) {
    same(readRfc4514(headers.get(name) ?? ''), [[['CN', commonName]], [['O', organization]]]);
  }
});

holds('xfcc', (headers, { organization, commonName, uris, hosts }) => {
  const text = headers.get('X-Forwarded-Client-Cert') ?? '';
  const elements = readXfcc(text);
  same(elements.length, 1);
  const pairs = elements.flat();
  const keys = [
    'Hash',
    'Cert',
    'Subject',
    ...(uris.length > 0 ? uris : ['']).map(() => 'URI'),
    ...hosts.map(() => 'DNS'),
  ];
  same(
    pairs.map(([found]) => found),
    keys,
  );
  const of = (wanted: string) => pairs.flatMap(([found, value]) => (found === wanted ? [value] : []));
  same(readRfc4514(of('Subject')[0] ?? ''), [[['CN', commonName]], [['O', organization]]]);
  same(of('URI').map(decodeURIComponent), uris.length > 0 ? uris : ['']);
  same(of('DNS').map(decodeURIComponent), hosts);
});

holds('xfcc to readers who ignore quotes, drop backslashes or decode percent signs', (headers) => {
  const text = headers.get('X-Forwarded-Client-Cert') ?? '';
  for (const read of [text, text.replaceAll('\\', ''), text.replaceAll('"', '')]) {
    const parts = splitXfcc(read).map((part) => part.slice(0, part.indexOf('=')));
    same(
      parts.filter((found) => !['URI', 'DNS'].includes(found)),
      ['Hash', 'Cert', 'Subject', 'O'],
    );
  }
  const subject = /;Subject="([^"]*)"/.exec(text)?.[1] ?? '';
  for (const read of [subject, subject.replaceAll('\\', ''), decodeURIComponent(subject)]) {
    same([read.match(/CN=/gi)?.length, read.match(/[,=]/g)?.length], [1, 3]);
  }
});

holds('traefik', (headers, { organization, commonName, uris, hosts }) => {
  const info = readTraefikInfo(headers.get('X-Forwarded-Tls-Client-Cert-Info') ?? '');
  const hasNames = uris.length + hosts.length > 0;
  same(
    info.map(([found]) => found),
    ['Subject', 'Issuer', 'SerialNumber', 'NB', 'NA', ...(hasNames ? ['SAN'] : [])],
  );
  const { Subject = '', SAN } = Object.fromEntries(info);
  same(readTraefikName(Subject), [
    ['O', organization],
    ['CN', commonName],
  ]);
  same(SAN?.split(',').map(decodeURIComponent) ?? [], [...hosts, ...uris]);
});

holds('iis-vars', (headers, { organization, commonName }) => {
  const text = headers.get('X-Cert-Subject') ?? '';
  same(readIisName(text), [[['O', organization]], [['CN', commonName]]]);
  same(
    [searchIisName(text, 'CN').length, searchIisName(text, 'O').length, searchIisName(text, 'OU').length],
    [1, 1, 0],
  );
});

holds('alternative names of x-client', (headers, { uris, hosts }) => {
  const list = headers.get('X-Client-San')?.split(', ') ?? [];
  same(
    list.map((item) => [item.slice(0, 4), decodeURIComponent(item.slice(4))]),
    [...uris.map((uri) => ['URI:', uri]), ...hosts.map((host) => ['DNS:', host])],
  );
});
