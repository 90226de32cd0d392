// The immutable snapshot that requests are judged under: built completely beside the one in force, then swapped in.

import { BlockList } from 'node:net';
import { createMemoryStore } from '../cache/memory.ts';
import { createVerdictCache, type VerdictCache } from '../cache/verdict-cache.ts';
import type { VerdictStore } from '../cache/verdict-store.ts';
import type { Configuration } from '../config/load.ts';
import type { TrustContext } from '../decision/compute-verdict.ts';
import { createDecider, type Decider } from '../decision/decide.ts';
import { createStandings, type MapAccount } from '../decision/standing.ts';
import type { GateRuntime, GateUpstream } from '../gate/runtime.ts';
import { compileIdentityHeaders } from '../headers/identity-writer.ts';
import { createStripper } from '../headers/strip.ts';
import { createTrailerFilter } from '../headers/trailer.ts';
import { createSecureContexts, type GateOne, type SecureContexts } from '../listener/secure-contexts.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { compilePolicy, type Policy, type Site } from '../policy/compile.ts';
import { createHostTable } from '../policy/host-table.ts';
import { compileMappings } from '../policy/mapping/compile-mappings.ts';
import { mapAccount } from '../policy/mapping/map-account.ts';
import { createProxy, type UpstreamProxy } from '../proxy/proxy.ts';
import type { Upstream } from '../proxy/upstream.ts';
import { createKeySetPage } from '../token/key-set-page.ts';
import { createTokenSigner, type TokenSigner } from '../token/signer.ts';
import { createTokenWriter } from '../token/token-writer.ts';
import { authoritiesOf } from '../trust/trust-store.ts';
import { createVerifiedIntermediates, type VerifiedIntermediates } from '../trust/verified-intermediates.ts';
import { encodePem } from '../x509/pem.ts';
import type { RunningDirectory } from './directory.ts';
import type { RevocationServices } from './revocation.ts';

export interface Runtime extends GateRuntime {
  readonly configuration: Configuration;
  readonly contexts: SecureContexts;
  readonly verdicts: VerdictCache;
  readonly trust: Judging['trust'];
  /** The public keys of tokens as JSON; undefined where there are none. */
  readonly keySet: string | undefined;
  /** Closes the upstream connections as soon as no exchange holds the snapshot any more. */
  retire(): void;
}

/** What decides, without sockets: all that `explain` needs. */
export interface Judging {
  readonly policy: Policy;
  readonly trust: ReadonlyMap<string, TrustContext>;
  readonly decider: Decider;
  readonly verdicts: VerdictCache;
}

export interface JudgingInput {
  readonly clock: Clock;
  readonly revocation: RevocationServices;
  /** Verdicts of other replicas; undefined where nothing is shared. */
  readonly shared?: VerdictStore | undefined;
  /** undefined: none is configured. */
  readonly directory?: Pick<RunningDirectory, 'copy' | 'sightings'> | undefined;
  /** What stands in for presented intermediates when a session resumes, by what its trust store holds. */
  readonly poolOf?: (contentHash: string) => VerifiedIntermediates;
  /** Told how long each certificate took that was judged anew. */
  readonly computed?: (seconds: number) => void;
}

export function createJudging(configuration: Configuration, input: JudgingInput): Judging {
  const { settings, trustStores } = configuration;
  const { clock, revocation, shared, directory, computed, poolOf = () => createVerifiedIntermediates() } = input;
  const { policy, problems } = compilePolicy(settings.sites, (name) => {
    const loaded = trustStores.get(name);
    return loaded === undefined ? [] : authoritiesOf(loaded.store);
  });
  if (problems.length > 0) throw new Error(`unchecked configuration: ${problems[0]?.message}`);
  const trust = new Map<string, TrustContext>();
  for (const [name, loaded] of trustStores) {
    const { store } = loaded;
    const check = revocation.checkFor(loaded, settings.validation);
    trust.set(name, { store, revocation: check, pool: poolOf(store.contentHash) });
  }
  const { ttl, refusalTtl, entries } = settings.cache;
  const store = createMemoryStore({ entries });
  const verdicts = createVerdictCache({
    store,
    shared,
    ttlMs: ttl,
    refusalTtlMs: refusalTtl,
    clock,
    ...(computed && { computed }),
  });
  const standings = createStandings({ directory: directory?.copy, mapAccount: compileMapAccount(configuration) });
  const decider = createDecider({ trust, verdicts, validation: settings.validation, standings });
  return { policy, trust, decider, verdicts };
}

/** undefined: there are no mappings. */
function compileMapAccount({ settings, trustStores }: Configuration): MapAccount | undefined {
  if (settings.mappings.length === 0) return undefined;
  const authorities = new Map([...trustStores].map(([name, { store }]) => [name, authoritiesOf(store)] as const));
  const { mappings, problems } = compileMappings(settings.mappings, authorities);
  if (problems.length > 0) throw new Error(`unchecked configuration: ${problems[0]?.message}`);
  return (path, trust) => {
    const [certificate] = path;
    return certificate && mapAccount(mappings, { certificate, path }, trust);
  };
}

export async function createRuntime(
  configuration: Configuration,
  deps: JudgingInput &
    Pick<GateRuntime, 'generation' | 'demandFullHandshake' | 'inventory' | 'reports'> & { readonly log: Log },
): Promise<Runtime> {
  const { settings, serverCertificates, trustStores, refusalPage } = configuration;
  const { policy, decider, verdicts, trust } = createJudging(configuration, deps);
  const signer = configuration.tokenKeys && createTokenSigner(configuration.tokenKeys);
  const upstreams = compileUpstreams(configuration, signer);
  const gates = policy.sites.map((site) => gateOneOf(site, trustStores));
  const contexts = createSecureContexts(serverCertificates, gates);
  const stripper = createStripper(
    [...upstreams.values()].flatMap(({ writer, token }) => [...writer.names, ...(token ? [token.name] : [])]),
  );
  const proxy = await createProxy({ upstreams: proxiedUpstreams(configuration), log: deps.log });
  const { hold, retire } = countHolders(proxy);
  return {
    configuration,
    contexts,
    verdicts,
    trust,
    keySet: signer?.keySet,
    generation: deps.generation,
    policy,
    decider,
    forwarder: proxy,
    upstreams,
    stripper,
    sightings: deps.directory?.sightings,
    inventory: deps.inventory,
    reports: deps.reports,
    keySetPage: signer && settings.token && createKeySetPage(settings.token.jwksPath, signer.keySet),
    expiryNoticeWithinMs: settings.expiry.header ? settings.expiry.headerWithin : undefined,
    trailerBlocked: createTrailerFilter(stripper),
    trustedProxies: blockListOf(settings.trustedProxies),
    refusal: { contact: settings.refusal.contact, page: refusalPage, detail: settings.refusal.detail },
    defaultHosts: createHostTable(
      serverCertificates.filter(({ isDefault }) => isDefault).flatMap(({ hosts }) => hosts.map((host) => [host, true])),
    ),
    trustGenerationOf: contexts.trustGenerationOf,
    demandFullHandshake: deps.demandFullHandshake,
    hold,
    retire,
  };
}

function compileUpstreams({ settings }: Configuration, signer: TokenSigner | undefined): Map<string, GateUpstream> {
  const upstreams = new Map<string, GateUpstream>();
  const maxBytes = settings.limits.identityBytes;
  const issuer = settings.token?.issuer;
  for (const [name, upstream] of Object.entries(settings.upstreams)) {
    const { url, host, stripPrefix, identityHeaders, token: options } = upstream;
    const writer = compileIdentityHeaders(identityHeaders, maxBytes);
    if (writer.problems.length > 0) throw new Error(`unchecked configuration: ${writer.problems[0]}`);
    const token =
      options && signer && issuer !== undefined ? createTokenWriter({ signer, issuer, options, maxBytes }) : undefined;
    upstreams.set(name, { host, stripPrefix, writer, token, basePath: new URL(url).pathname.replace(/\/$/, '') });
  }
  return upstreams;
}

function proxiedUpstreams({ settings, upstreamTls }: Configuration): Map<string, Upstream> {
  const upstreams = new Map<string, Upstream>();
  for (const [name, { url, protocol, serverName, maxConnections, timeouts }] of Object.entries(settings.upstreams)) {
    const tls = upstreamTls.get(name);
    upstreams.set(name, {
      name,
      url: new URL(url),
      protocol,
      tls: tls && { ...tls, ...(serverName !== undefined && { serverName }) },
      maxConnections,
      connectTimeoutMs: timeouts.connect,
      answerTimeoutMs: timeouts.answer,
      idleTimeoutMs: timeouts.idle,
      keepAliveMs: timeouts.keepAlive,
    });
  }
  return upstreams;
}

/** Gate 1 of a site: the union of the authorities of every trust store that one of its rules names. */
function gateOneOf(site: Site, trustStores: Configuration['trustStores']): GateOne {
  const names = new Set(site.rules.flatMap((rule) => [rule.trust, rule.reportOnly?.trust]));
  const stores = [...names].flatMap((name) => (name === undefined ? [] : (trustStores.get(name) ?? [])));
  const ders = stores.flatMap(({ store }) => authoritiesOf(store).map(({ der }) => encodePem('CERTIFICATE', der)));
  return {
    hosts: site.hosts,
    authoritiesPem: [...new Set(ders)],
    sendIssuerList: site.sendIssuerList,
    allowPartialChain: stores.some(({ partialChain }) => partialChain),
    asksForCertificate: site.rules.some(
      (rule) => rule.mode !== 'ignore' || (rule.reportOnly !== undefined && rule.reportOnly.mode !== 'ignore'),
    ),
  };
}

/** undefined: there are none. */
function blockListOf(networks: readonly string[]): BlockList | undefined {
  if (networks.length === 0) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function countHolders(proxy: UpstreamProxy): { hold: () => () => void; retire: () => void } {
  let holders = 0;
  let retired = false;
  const closeWhenFree = () => {
    if (retired && holders === 0) void proxy.close();
  };
  return {
    hold() {
      holders++;
      return () => {
        holders--;
        closeWhenFree();
      };
    },
    retire() {
      retired = true;
      closeWhenFree();
    },
  };
}
