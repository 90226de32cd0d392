// Which certificate the gateway shows for a server name, and with which authorities gate 1 judges clients there.

import { constants, createHash } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { createHostTable } from '../policy/host-table.ts';

export interface ServerIdentity {
  /** Canonical names, `*.suffix` too. */
  readonly hosts: readonly string[];
  /** Shown to clients without SNI as well. */
  readonly isDefault: boolean;
  /** Leaf first, then its intermediates. */
  readonly certPem: string;
  readonly keyPem: string;
}

/** What gate 1 knows of one site: the union of the authorities of all its trust stores. */
export interface GateOne {
  readonly hosts: readonly string[];
  readonly authoritiesPem: readonly string[];
  readonly sendIssuerList: boolean;
  readonly allowPartialChain: boolean;
  /** Some path reads certificates, so clients are asked for one. */
  readonly asksForCertificate: boolean;
}

export interface SecureContexts {
  /** undefined: no certificate covers the name, and the handshake is refused. */
  contextOf(serverName: string): SecureContext | undefined;
  /** For clients without SNI. Has no certificate where none is the default, and so refuses them. */
  readonly defaultContext: SecureContextOptions;
  /** Whether some path that the client may ask for reads a certificate; browsers show their picker then. */
  asksForCertificate(serverName: string | undefined): boolean;
  /** Content hash of what gate 1 judges with for a server name, and of whether it asks. */
  trustGenerationOf(serverName: string | undefined): string;
  /**
   * What a session has to agree with to be resumed by a server that asks, or by one that does not: the content of all that
   * a full handshake would be made with. At most 32 bytes (OpenSSL).
   */
  sessionContextOf(asksForCertificate: boolean): string;
  /** Authorities of sites that send no list of them; the caller makes them the process's default ones. */
  readonly unlistedAuthoritiesPem: readonly string[];
}

/** No renegotiation: it would change the client under a live connection. The rest are TLS 1.2 hardenings. */
const SECURE_OPTIONS =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE | constants.SSL_OP_NO_COMPRESSION;

/**
 * Forward secrecy and authenticated encryption only. AES-128 is first, as elsewhere in the field: nobody breaks either, and
 * the key schedule of the other, with SHA-384, is a good deal of what a resumed handshake costs.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Builds one context per server certificate and set of authorities. Throws on a certificate or key that OpenSSL refuses. */
export function createSecureContexts(identities: readonly ServerIdentity[], gates: readonly GateOne[]): SecureContexts {
  const identityTable = createHostTable(identities.flatMap((each) => each.hosts.map((host) => [host, each] as const)));
  const gateTable = createHostTable(gates.flatMap((each) => each.hosts.map((host) => [host, each] as const)));
  const made = new Map<ServerIdentity, Map<GateOne | undefined, SecureContext>>();

  const optionsFor = (identity: ServerIdentity, gate: GateOne | undefined): SecureContextOptions => ({
    cert: identity.certPem,
    key: identity.keyPem,
    // Left out, `ca` would be the process's default authorities: those of the sites that list none.
    ...((gate === undefined || gate.sendIssuerList) && { ca: [...(gate?.authoritiesPem ?? [])] }),
    ...(gate?.allowPartialChain && { allowPartialTrustChain: true }),
    ciphers: CIPHERS,
    secureOptions: SECURE_OPTIONS,
  });

  const contextFor = (identity: ServerIdentity, gate: GateOne | undefined): SecureContext => {
    const byGate = made.get(identity) ?? new Map<GateOne | undefined, SecureContext>();
    made.set(identity, byGate);
    const context = byGate.get(gate) ?? createSecureContext(optionsFor(identity, gate));
    byGate.set(gate, context);
    return context;
  };
  for (const identity of identities) contextFor(identity, undefined);

  const fallback = identities.find(({ isDefault }) => isDefault);
  const fallbackTable = createHostTable(fallback?.hosts.map((host) => [host, true] as const) ?? []);
  /** Whether a client without SNI may ask for a host of the site. */
  const isReachable = (gate: GateOne) =>
    fallback?.hosts.some((host) => gateTable.find(host) === gate) ||
    gate.hosts.some((host) => fallbackTable.find(host));
  const fallbackGate = fallback && unite(gates.filter(isReachable));
  const generations = new Map(gates.map((gate) => [gate, generationOf(gate)]));
  const fallbackGeneration = fallbackGate ? generationOf(fallbackGate) : '';
  const sessionContent = JSON.stringify([
    identities.map(({ hosts, isDefault, certPem }) => [...hosts, isDefault, certPem].join()).sort(),
    gates.map((gate) => [...gate.hosts, generations.get(gate)].join()).sort(),
  ]);
  return {
    contextOf(serverName) {
      const identity = identityTable.find(serverName);
      return identity && contextFor(identity, gateTable.find(serverName));
    },
    defaultContext: fallback ? optionsFor(fallback, fallbackGate) : { ca: [], secureOptions: SECURE_OPTIONS },
    asksForCertificate(serverName) {
      const gate = serverName === undefined ? fallbackGate : gateTable.find(serverName);
      return gate?.asksForCertificate ?? false;
    },
    trustGenerationOf(serverName) {
      if (serverName === undefined) return fallbackGeneration;
      const gate = gateTable.find(serverName);
      return (gate && generations.get(gate)) ?? '';
    },
    sessionContextOf(asksForCertificate) {
      return createHash('sha256').update(`${asksForCertificate} ${sessionContent}`).digest('base64url').slice(0, 32);
    },
    unlistedAuthoritiesPem: [...gates, ...(fallbackGate ? [fallbackGate] : [])]
      .filter((gate) => !gate.sendIssuerList)
      .flatMap((gate) => gate.authoritiesPem),
  };
}

/** One gate for all of them; it lists its authorities only where each of them does. */
function unite(gates: readonly GateOne[]): GateOne {
  return {
    hosts: [],
    authoritiesPem: [...new Set(gates.flatMap((gate) => gate.authoritiesPem))],
    sendIssuerList: gates.every((gate) => gate.sendIssuerList),
    allowPartialChain: gates.some((gate) => gate.allowPartialChain),
    asksForCertificate: gates.some((gate) => gate.asksForCertificate),
  };
}

function generationOf(gate: GateOne): string {
  const hash = createHash('sha256');
  for (const pem of [...gate.authoritiesPem].sort()) hash.update(pem);
  return hash.update(`${gate.allowPartialChain} ${gate.asksForCertificate}`).digest('hex');
}
