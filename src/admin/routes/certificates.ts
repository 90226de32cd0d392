// What ends, and when? Certificates and lists of the gateway itself, and the certificates of clients that came.

import { z } from 'zod';
import type { CertificateFacts, CrlFacts } from '../../model/certificate.ts';
import { DAY_MS, daysUntil } from '../../model/clock.ts';
import type { SeenCertificate } from '../../model/traffic.ts';
import { endOf } from '../../revocation/crl-order.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { digest, limit, moment, name } from '../fields.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';

const days = z.coerce.number().int().min(0).max(36_500).optional().describe('Only what ends within so many days.');

const certificate = z.object({
  use: z.enum(['server', 'admin', 'anchor', 'intermediate', 'list', 'ocsp-signer']),
  where: z.string().describe('Trust store, or hosts of a server certificate; empty for an OCSP signer.'),
  subject: z.string().optional().describe('Left out for a revocation list.'),
  issuer: z.string(),
  serial: z.string().optional(),
  fingerprint: z.string(),
  from: moment,
  until: moment.describe('Last moment of a certificate, next update of a list.'),
  daysLeft: z.int(),
});

type Told = Omit<z.input<typeof certificate>, 'daysLeft'>;

export const seen = z.object({
  subject: z.string(),
  issuer: z.string(),
  serial: z.string(),
  fingerprint: z.string(),
  account: z.string().optional(),
  site: z.string(),
  from: moment,
  until: moment,
  daysLeft: z.int(),
  firstSeenAt: moment,
  lastSeenAt: moment.describe('To within an hour.'),
});

export function certificateRoutes(sources: Sources): Route[] {
  const { clock, traffic } = sources;
  return [
    defineRoute({
      method: 'GET',
      path: '/certificates',
      role: 'viewer',
      summary:
        'Server certificates, authorities, revocation lists and signers of OCSP answers in force, those that end first before the others.',
      query: z.strictObject({ days }),
      answer: z.object({ certificates: z.array(certificate) }),
      handle({ query: { days = Number.POSITIVE_INFINITY } }) {
        const now = clock();
        const all = collect(sources).map((each) => ({ ...each, daysLeft: daysUntil(each.until, now) }));
        const found = all.filter((each) => each.daysLeft <= days);
        return { certificates: found.sort((a, b) => a.until - b.until) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/certificates/seen',
      role: 'viewer',
      summary: 'Client certificates that were seen in the traffic, those that end first before the others.',
      query: z.strictObject({ days, account: name.optional(), fingerprint: digest.optional(), limit }),
      answer: z.object({ certificates: z.array(seen) }),
      async handle({ query: { days, ...query } }) {
        const now = clock();
        const endsUntil = days === undefined ? {} : { endsFrom: now, endsUntil: now + days * DAY_MS };
        const { account, fingerprint, limit } = query;
        const certificates = await traffic.readCertificates({
          limit,
          ...endsUntil,
          ...(account !== undefined && { account }),
          ...(fingerprint !== undefined && { fingerprint }),
        });
        return {
          certificates: certificates.map((each) => describeSeen(each, now)),
        };
      },
    }),
  ];
}

export function describeSeen({ notBefore: from, notAfter: until, ...each }: SeenCertificate, now: number) {
  return { ...each, from, until, daysLeft: daysUntil(until, now) };
}

function collect({ configuration, lists, ocspSigners }: Sources): Told[] {
  const { serverCertificates, trustStores, admin } = configuration();
  const servers = serverCertificates.map(({ leaf, hosts }) => describe(leaf, 'server', hosts.join(', ')));
  const own = admin?.certificate && describe(admin.certificate.leaf, 'admin', admin.certificate.hosts.join(', '));
  const authorities = [...trustStores].flatMap(([where, { store }]) => [
    ...store.anchors.map((each) => describe(each, 'anchor', where)),
    ...store.intermediates.map((each) => describe(each, 'intermediate', where)),
  ]);
  const revocation = [...lists()].flatMap(([where, crls]) => crls.map((crl) => describeList(crl, where)));
  const signers = ocspSigners().map((each) => describe(each, 'ocsp-signer', ''));
  return [...servers, ...(own ? [own] : []), ...authorities, ...revocation, ...signers];
}

function describe(facts: CertificateFacts, use: Told['use'], where: string): Told {
  const { serial, fingerprint, notBefore: from, notAfter: until } = facts;
  const [subject, issuer] = [formatRfc4514(facts.subject), formatRfc4514(facts.issuer)];
  return { use, where, subject, issuer, serial, fingerprint, from, until };
}

function describeList(crl: CrlFacts, where: string): Told {
  const { fingerprint, thisUpdate: from } = crl;
  return { use: 'list', where, issuer: formatRfc4514(crl.issuer), fingerprint, from, until: endOf(crl) };
}
