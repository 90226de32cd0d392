// Everything that asks outside about revocation. Lives as long as the process: a reload forgets no list and no answer.

import type { LoadedTrust } from '../config/files/trust-stores.ts';
import type { Configuration } from '../config/load.ts';
import type { CertificateFacts, CrlFacts } from '../model/certificate.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { type AskResponder, createRevocationCheck, type RevocationCheck } from '../revocation/check.ts';
import type { CrlAddress, CrlAddressStatus, CrlUrlsReports } from '../revocation/crl-address.ts';
import { createCrlUrls } from '../revocation/crl-urls.ts';
import { createOcspAsker, type OcspAsker } from '../revocation/ocsp/asker.ts';
import type { OcspReports, SharedAnswers } from '../revocation/ocsp/responders.ts';
import type { RevocationOptions } from '../revocation/options.ts';
import { createOutbound } from '../revocation/outbound.ts';
import type { Outbound } from '../revocation/outbound-types.ts';
import { readCrlsElsewhere } from '../revocation/read-crls.ts';
import { createSkipNotes } from '../revocation/skipped-addresses.ts';
import { createTrustLists, type TrustLists } from '../revocation/trust-lists.ts';
import { findObjection, isAddress } from '../revocation/web-address.ts';
import { authoritiesOf } from '../trust/trust-store.ts';
import type { ValidationOptions } from '../validation/options.ts';

export interface RevocationServices {
  /** How a trust store asks, under the configuration that it comes from. */
  checkFor(loaded: LoadedTrust, validation: ValidationOptions): RevocationCheck;
  /**
   * Fetches what the configurations name, and keeps it fresh; what none of them names is let go. Resolves when each
   * address was asked once, within its time.
   */
  follow(...configurations: readonly Configuration[]): Promise<void>;
  /** Whatever replicas share is looked at again before what is known here counts. */
  recheck(): void;
  /** Lists of each trust store in force, by its name. */
  lists(): ReadonlyMap<string, readonly CrlFacts[]>;
  addresses(): readonly CrlAddressStatus[];
  /** Certificates that responders have signed with, those that have not ended. */
  ocspSigners(): readonly CertificateFacts[];
  close(): void;
}

export interface RevocationServicesInput {
  readonly clock: Clock;
  readonly log: Log;
  readonly reports: CrlUrlsReports & OcspReports;
  /** Of the replicas; asked each time, since Redis is joined later than this is made. */
  readonly shared: () => SharedAnswers | undefined;
  /** Another list has come: what is judged from now on rests on it. */
  readonly onNews: () => void;
  /** A responder has changed what it says of a certificate: verdicts made before are outdated. */
  readonly onChange: () => void;
  /** false: nobody outside is asked. */
  readonly online: boolean;
  /** How lists are fetched, by proxy; left out: by this process. */
  readonly listOutbound?: (proxy: string | undefined) => Outbound;
  /** In the place of random numbers for the next fetch. */
  readonly chance?: () => number;
}

/** Told apart when they end. */
const MOST_SIGNERS = 100;

/** How long an OCSP answer counts that does not say it itself: newer information is always there (RFC 6960 2.4). */
const OCSP_AGE_MS = 3_600_000;

export function createRevocationServices(input: RevocationServicesInput): RevocationServices {
  const { clock, log, reports } = input;
  const random = input.chance ?? Math.random;
  const noteSkipped = createSkipNotes(log);
  const outbounds = new Map<string | undefined, Outbound>();
  const askers = new Map<string, OcspAsker>();
  // What a signer of OCSP answers is held against: the lists of the trust store as it is in force.
  const listsByStore = new Map<string, TrustLists>();
  const signers = new Map<string, CertificateFacts>();
  let news = 0;
  const urls = createCrlUrls({
    readLists: readCrlsElsewhere,
    clock,
    random,
    log,
    reports,
    onNews() {
      news++;
      input.onNews();
    },
  });

  function outboundOf({ proxy }: RevocationOptions): Outbound {
    if (!input.online) return async () => ({ ok: false, why: 'nobody outside is asked' });
    const outbound = outbounds.get(proxy) ?? createOutbound({ proxy });
    outbounds.set(proxy, outbound);
    return outbound;
  }

  function addressOf(url: string, options: RevocationOptions): CrlAddress {
    const { maxListBytes, timeLimit, refresh } = options;
    return {
      url,
      outbound: input.listOutbound?.(options.proxy) ?? outboundOf(options),
      maxBytes: maxListBytes,
      timeLimitMs: timeLimit,
      refreshMs: refresh,
    };
  }

  function askerOf({ store, revocation }: LoadedTrust, validation: ValidationOptions): OcspAsker {
    const { timeLimit, ocspMethod, nonce, maxStale, proxy } = revocation;
    const { skew, minRsaBits, maxRsaBits } = validation;
    const key = JSON.stringify([
      store.name,
      timeLimit,
      ocspMethod,
      nonce,
      maxStale,
      proxy,
      skew,
      minRsaBits,
      maxRsaBits,
    ]);
    const known = askers.get(key);
    if (known !== undefined) return known;
    const asker = createOcspAsker({
      outbound: outboundOf(revocation),
      clock,
      random,
      log,
      reports,
      onChange: input.onChange,
      shared: {
        read: async (id) => input.shared()?.read(id),
        write: async (id, der, expires) => input.shared()?.write(id, der, expires),
      },
      options: {
        timeLimitMs: timeLimit,
        method: ocspMethod,
        sendNonce: nonce,
        maxStaleMs: maxStale,
        maxAgeMs: OCSP_AGE_MS,
        skewMs: skew,
        keyLimits: { minRsaBits, maxRsaBits },
        noteSigner(signer) {
          if (signers.size < MOST_SIGNERS) signers.set(signer.fingerprint, signer);
        },
        isRevoked(signer, issuer) {
          const answers = listsByStore.get(store.name)?.current().answersFor([signer, issuer], clock(), maxStale);
          // A list whose signature is still being checked does not hold an answer up.
          return answers !== undefined && !(answers instanceof Promise) && answers[0]?.status === 'revoked';
        },
      },
    });
    askers.set(key, asker);
    return asker;
  }

  function responderOf(loaded: LoadedTrust, validation: ValidationOptions): AskResponder {
    const { ocsp, allowHosts } = loaded.revocation;
    if (ocsp === false) return () => undefined;
    const asker = askerOf(loaded, validation);
    return (certificate, issuer, at) => {
      if (typeof ocsp === 'string') return asker.answerFor(certificate, issuer, ocsp, at);
      const url = certificate.known.ocspUris.find((address) => {
        const why = findObjection(address, allowHosts);
        if (why !== undefined) noteSkipped(address, why);
        return why === undefined;
      });
      return url === undefined ? undefined : asker.answerFor(certificate, issuer, url, at);
    };
  }

  return {
    checkFor(loaded, validation) {
      const { store, crls, revocation: options } = loaded;
      const lists = createTrustLists({
        options,
        crls,
        authorities: authoritiesOf(store),
        configured: options.crl.filter(isAddress),
        urls,
        news: () => news,
        addressOf: (url) => addressOf(url, options),
        noteSkipped,
      });
      listsByStore.set(store.name, lists);
      return createRevocationCheck({ options, lists, askResponder: responderOf(loaded, validation) });
    },
    async follow(...configurations) {
      const all = configurations.flatMap(({ trustStores }) => [...trustStores.values()]);
      const stores = all.filter(({ revocation }) => revocation.mode !== 'off');
      const addresses = stores.flatMap(({ revocation }) =>
        revocation.crl.filter(isAddress).map((url) => addressOf(url, revocation)),
      );
      await urls.follow(
        addresses,
        stores.flatMap(({ store }) => authoritiesOf(store)),
      );
    },
    recheck() {
      for (const asker of askers.values()) asker.recheck();
    },
    lists: () => new Map([...listsByStore].map(([name, lists]) => [name, lists.held()])),
    addresses: urls.status,
    ocspSigners() {
      for (const [id, { notAfter }] of signers) if (notAfter < clock()) signers.delete(id);
      return [...signers.values()];
    },
    close: urls.close,
  };
}
