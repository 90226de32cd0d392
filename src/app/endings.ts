// What of a gateway ends? Its certificates, lists, permissions, and the client certificates that it has seen.

import type { Configuration } from '../config/load.ts';
import { pagesOf, type TrafficStore } from '../directory/traffic-store.ts';
import type { Ending, EndingKind } from '../expiry/ending.ts';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { AccountRecord } from '../model/client.ts';
import type { SeenCertificate } from '../model/traffic.ts';
import { supersedes } from '../revocation/crl-order.ts';
import { EXTENSION } from '../x509/extensions.ts';
import { readCertificates } from '../x509/files.ts';
import { summarizeName } from '../x509/name-text.ts';
import type { RevocationServices } from './revocation.ts';

/** All that does not come from clients. */
export function endingsOf(
  { serverCertificates, admin, upstreamTls, trustStores }: Configuration,
  revocation: Pick<RevocationServices, 'lists' | 'ocspSigners'>,
): Ending[] {
  const own = admin?.certificate === undefined ? [] : [admin.certificate];
  const shown = [...serverCertificates, ...own].flatMap(({ hosts, leaf, certPem }) => [
    endingOf('server-certificate', leaf, { name: hosts.join(', ') }),
    ...chainOf(certPem).map((each) => endingOf('intermediate', each)),
  ]);
  const upstreams = [...upstreamTls].flatMap(([name, { leaf }]) =>
    leaf === undefined ? [] : [endingOf('upstream-certificate', leaf, { name })],
  );
  const trusted = [...trustStores].flatMap(([trust, { store }]) => [
    ...store.anchors.map((each) => endingOf('anchor', each, { trust })),
    ...store.intermediates.map((each) => endingOf('intermediate', each, { trust })),
  ]);
  const lists = [...revocation.lists()].flatMap(([trust, crls]) =>
    crls.filter((crl) => !crls.some((other) => isReplacedBy(crl, other))).flatMap((crl) => endingOfList(crl, trust)),
  );
  const signers = revocation.ocspSigners().map((each) => endingOf('ocsp-signer', each));
  return [...shown, ...upstreams, ...trusted, ...lists, ...signers];
}

/** Behind the leaf: what clients get to build a path with. */
function chainOf(certPem: string): CertificateFacts[] {
  return readCertificates(Buffer.from(certPem))
    .certificates.slice(1)
    .map(({ facts }) => facts);
}

function endingOf(
  kind: EndingKind,
  { subject, issuer, serial, fingerprint, notBefore, notAfter }: CertificateFacts,
  more: { readonly name?: string; readonly trust?: string } = {},
): Ending {
  const details = { issuer: summarizeName(issuer), serial, fingerprint };
  return {
    kind,
    id: fingerprint,
    name: summarizeName(subject),
    ...more,
    beginsAt: notBefore,
    endsAt: notAfter,
    details,
  };
}

function endingOfList(crl: CrlFacts, trust: string): Ending[] {
  const { fingerprint: id, issuer, thisUpdate, nextUpdate, deltaCrlIndicator, crlNumber } = crl;
  if (nextUpdate === undefined) return [];
  const name = `${deltaCrlIndicator === undefined ? 'CRL' : 'delta CRL'} of ${summarizeName(issuer)}`;
  const details = { number: crlNumber?.toString() };
  return [{ kind: 'crl', id, name, trust, beginsAt: thisUpdate, endsAt: nextUpdate, details }];
}

/** By one of the same authority and kind, for the same certificates. */
function isReplacedBy(crl: CrlFacts, other: CrlFacts): boolean {
  return seriesOf(crl) === seriesOf(other) && supersedes(other, crl);
}

function seriesOf({ issuer, authorityKeyId, deltaCrlIndicator, extensions }: CrlFacts): string {
  const scope = extensions.find(({ oid }) => oid === EXTENSION.issuingDistributionPoint)?.value;
  const parts = [
    issuer.matchKey,
    authorityKeyId,
    deltaCrlIndicator !== undefined,
    scope && Buffer.from(scope).toString('hex'),
  ];
  return JSON.stringify(parts);
}

/** What clients have that ends in that time, in parts. */
export async function* endingsOfClients(
  store: TrafficStore,
  endsFrom: number,
  endsUntil: number,
): AsyncGenerator<readonly Ending[]> {
  const bounds = { endsFrom, endsUntil };
  for await (const page of pagesOf<AccountRecord>((page) => store.readEndingAccounts({ ...bounds, ...page }))) {
    yield page.map(endingOfPermission);
  }
  for await (const page of pagesOf<SeenCertificate>((page) => store.readCertificates({ ...bounds, ...page }))) {
    yield page.map(endingOfSeen);
  }
}

function endingOfPermission({ name, displayName, validFrom, validUntil = Infinity, createdAt }: AccountRecord): Ending {
  const details = displayName === '' ? {} : { displayName };
  return { kind: 'permission', id: name, name, beginsAt: validFrom ?? createdAt, endsAt: validUntil, details };
}

function endingOfSeen(seen: SeenCertificate): Ending {
  const { id, subject, account, issuer, serial, fingerprint, site, notBefore, notAfter } = seen;
  const lastSeen = new Date(seen.lastSeenAt).toISOString();
  const details = { account, issuer, serial, fingerprint, site, lastSeen };
  return { kind: 'client-certificate', id, name: subject, beginsAt: notBefore, endsAt: notAfter, details };
}
