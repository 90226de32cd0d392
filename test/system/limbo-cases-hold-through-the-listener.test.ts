// The public path validation cases whose client key is known, as clients present them: a real handshake under TLS 1.2 and
// 1.3, both gates, one answer. The data is no part of this repository: CONFORMANCE_DATA names its folder.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import type { ReasonCode } from '../../src/model/reasons.ts';
import { createTrustStore } from '../../src/trust/trust-store.ts';
import { readCertificates } from '../../src/x509/files.ts';
import { send } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DATA = resolve(process.env.CONFORMANCE_DATA ?? join(ROOT, '..', 'shared', 'conformance'));
const SUITE = join(DATA, 'limbo-client.json');
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** As x509-limbo writes it. */
interface LimboCase {
  readonly id: string;
  readonly features: readonly string[] | null;
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly peer_certificate_key: string | null;
  /** RFC 3339; null: now. */
  readonly validation_time: string | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  /** Most intermediates. */
  readonly max_chain_depth: number | null;
  readonly crls?: readonly string[] | null;
}

/** Known deviations of our validator that OpenSSL, the other gate, does not share. */
const REFUSED_BY_OPENSSL: readonly string[] = [
  // It takes no issuer whose key identifier is another than the one named, and a root is its own issuer.
  'webpki::aki::root-with-aki-ski-mismatch',
];

/** Where the one right reason is plain. */
const CODES: Readonly<Record<string, ReasonCode>> = {
  'rfc5280::validity::expired-leaf': 'certificate-expired',
  'rfc5280::validity::expired-5-seconds': 'certificate-expired',
  'rfc5280::validity::not-yet-valid-1-second': 'certificate-not-yet-valid',
  'rfc5280::chain-untrusted-root': 'certificate-untrusted',
  'rfc5280::eku::ee-wrong-eku': 'certificate-usage',
  'rfc5280::nc::excluded-dns-match': 'certificate-invalid',
  'rfc5280::duplicate-extensions': 'certificate-invalid',
  'pathlen::intermediate-violates-pathlen-0': 'certificate-invalid',
};

interface Listed extends LimboCase {
  readonly host: string;
  readonly accepted: boolean;
}

const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8'));

/** Server names and the like are nobody's matter here (scope.json); a known deviation turns what is expected. */
function readCases(): Listed[] {
  const scope = readJson<{ match: string; tier: string }[]>(join(DATA, 'scope.json'));
  const deviations = readJson<Record<string, string>>(join(ROOT, 'test', 'conformance', 'known-deviations.json'));
  const deviates = (id: string) => Object.hasOwn(deviations, id) && !REFUSED_BY_OPENSSL.includes(id);
  const tierOf = ({ id, features }: LimboCase) =>
    scope.find(({ match }) => new RegExp(match).test([id, ...(features ?? [])].join(' ')))?.tier;
  return readJson<{ testcases: LimboCase[] }>(SUITE)
    .testcases.filter((each) => each.peer_certificate_key !== null && tierOf(each) !== 'n/a')
    .map((each, index) => ({
      ...each,
      host: `case-${index}.test`,
      accepted: (each.expected_result === 'SUCCESS') !== deviates(each.id),
    }));
}

/** A gateway does not start with anchors that cannot be used: nobody is accepted under them either. */
function hasUsableAnchors({ trusted_certs: pem }: LimboCase): boolean {
  const { certificates, problems } = readCertificates(Buffer.from(pem.join('\n')));
  const facts = certificates.map((certificate) => certificate.facts);
  const { store } = createTrustStore({ name: 'case', certificates: facts, partialChain: false, at: Date.now() });
  return problems.length === 0 && store !== undefined;
}

/** One site and one trust store for each case; the greatest depth is the gateway's. */
function configurationOf(cases: readonly Listed[]) {
  const [first] = cases;
  const depth = first?.max_chain_depth ?? undefined;
  const validation = depth === undefined ? '' : `validation: { maxPathLength: ${Math.min(depth + 2, 32)} }\n`;
  const files = cases.flatMap(({ host, trusted_certs: anchors, crls }) => [
    [`${host}.pem`, anchors.join('\n')],
    ...(crls?.length ? [[`${host}.crl`, crls.join('\n')]] : []),
  ]);
  const sites = cases.map(({ host, crls }) => {
    const revocation = crls?.length ? `{ mode: hard, crl: [${host}.crl] }` : '{ mode: "off" }';
    const trust = `{ anchors: [${host}.pem], revocation: ${revocation} }`;
    return `  - { hosts: [${host}], upstream: app, clientCertificate: require, trust: ${trust} }\n`;
  });
  return { yaml: `${validation}sites:\n${sites.join('')}`, files: Object.fromEntries(files) };
}

async function present(t: Test, port: number, each: Listed, version: (typeof VERSIONS)[number]) {
  const chainPem = [each.peer_certificate, ...each.untrusted_intermediates].join('\n');
  const certificate = { chainPem, keyPem: each.peer_certificate_key ?? '' };
  const answer = await send(t, { port, servername: each.host, certificate, version });
  return { status: answer.status, code: answer.status === 200 ? undefined : JSON.parse(answer.text).code };
}

const skip = existsSync(SUITE)
  ? false
  : `no public cases in ${DATA}: set CONFORMANCE_DATA to the folder with limbo-client.json`;

t.test('public cases', { skip }, async (t) => {
  const cases = readCases();
  const usable = cases.filter(hasUsableAnchors);
  t.ok(
    usable.length > 70,
    `${usable.length} cases, and ${cases.length - usable.length} under anchors that are refused`,
  );
  for (const { id, accepted } of cases.filter((each) => !usable.includes(each))) t.notOk(accepted, id);
  const upstream = await startUpstream(t);
  let now = Date.now();
  const gateway = await startTestGateway(t, {
    yaml: 'sites:\n  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }\n',
    upstreamPort: upstream.port,
    serverNames: ['localhost', '*.test'],
    clock: () => now,
  });
  for (const group of Map.groupBy(usable, (each) => each.max_chain_depth).values()) {
    now = Date.now();
    await gateway.reload(configurationOf(group));
    for (const each of group) {
      now = each.validation_time === null ? Date.now() : Date.parse(each.validation_time);
      for (const version of VERSIONS) {
        const answer = await present(t, gateway.port, each, version);
        const expected = each.accepted ? { status: 200 } : { status: 403, code: CODES[each.id] ?? /^certificate-/ };
        t.match(answer, expected, `${each.id}, ${version}`);
      }
    }
  }
});
