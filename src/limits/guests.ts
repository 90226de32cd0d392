// Is there room for one more: connection, handshake, request? One count for all listeners.

import { addressKey } from './address-key.ts';
import { certificateKey } from './certificate-key.ts';
import type { Load } from './load.ts';
import { type Share, type ShareLimits, Shares, type Taken } from './shares.ts';

export interface GuestLimits {
  readonly connections: number;
  readonly perAddress: ShareLimits;
  readonly perCertificate: ShareLimits & { readonly requests: number };
}

export interface GuestsInput {
  readonly limits: GuestLimits;
  /** Whether many clients come from that address, who are told apart by what it says of them. */
  readonly isProxy: (address: string) => boolean;
  readonly load: Pick<Load, 'isOver'>;
}

/** What guests took at one replica since it last told. */
export interface Takings {
  readonly addresses: readonly Taken[];
  readonly certificates: readonly Taken[];
}

/** Why a connection is turned away. */
export type Crowd = 'overloaded' | 'limit' | 'address-limit';
/** Why one whose certificate is known. */
export type CertificateCrowd = 'certificate-limit' | 'certificate-rate';
/** Why a request is. */
export type RequestCrowd = 'load' | 'address-rate' | 'certificate-limit' | 'certificate-rate';

export interface Guests {
  /** Connections that are open. */
  readonly open: number;
  readonly isFull: boolean;
  /** Counts a connection in; its `leave` counts it out. `address`: as the system writes it. */
  arrive(address: string): Guest | Crowd;
  /** Who took much here of late, for other replicas; undefined: nobody did. */
  tell(): Takings | undefined;
  /** Counts what guests took at another one. */
  hear(takings: Takings, now: number): void;
}

/**
 * What a failed handshake costs, in handshakes, for each KiB that it brought: a chain of 90 certificates of P-521 has 45 KiB
 * and keeps OpenSSL busy for up to half a second, which is 450 handshakes.
 */
const FAILURE_COST = 10;
/** In one message, of each kind: some 60 KiB. The others come into the next one. */
export const MOST_TOLD = 500;
/** RFC 9110 10.2.3. For what is over when it is over. */
const RETRY_SECONDS = 5;

/** What all guests have in common. */
interface House extends GuestsInput {
  open: number;
  readonly addresses: Shares;
  readonly certificates: Shares;
}

export function createGuests(input: GuestsInput): Guests {
  const { limits, isProxy, load } = input;
  const house: House = {
    ...input,
    open: 0,
    addresses: new Shares(limits.perAddress),
    certificates: new Shares(limits.perCertificate),
  };
  return {
    get open() {
      return house.open;
    },
    get isFull() {
      return house.open >= limits.connections;
    },
    arrive(address) {
      if (load.isOver) return 'overloaded';
      if (house.open >= limits.connections) return 'limit';
      if (isProxy(address)) return new Guest(house, undefined);
      const share = house.addresses.enter(addressKey(address));
      return share === undefined ? 'address-limit' : new Guest(house, share);
    },
    tell() {
      const addresses = house.addresses.tell(MOST_TOLD);
      const certificates = house.certificates.tell(MOST_TOLD);
      return addresses.length + certificates.length === 0 ? undefined : { addresses, certificates };
    },
    hear({ addresses, certificates }, now) {
      house.addresses.hear(addresses, now);
      house.certificates.hear(certificates, now);
    },
  };
}

/** One connection, and whose shares it takes from. Its requests cost no look into a table, and allocate nothing. */
export class Guest {
  readonly #house: House;
  /** Such are the last to be turned away. */
  #isKnown = false;
  /** What its handshake cost beyond its own one. */
  #fine = 0;
  /** Undefined: a proxy's. */
  readonly #address: Share | undefined;
  #certificate: Share | undefined;

  constructor(house: House, address: Share | undefined) {
    this.#house = house;
    this.#address = address;
    house.open++;
  }

  /** Once, when the connection is closed. */
  leave(now: number): void {
    const { addresses, certificates } = this.#house;
    this.#house.open--;
    if (this.#address !== undefined) addresses.leave(this.#address, now);
    if (this.#certificate !== undefined) certificates.leave(this.#certificate, now);
  }

  /** Whether it may make its handshake. */
  beginHandshake(now: number): boolean {
    return this.#address?.handshakes.take(now) ?? true;
  }

  /** Its handshake has failed, or its certificate is none that OpenSSL trusts. `bytes`: what came behind its hello. */
  failHandshake(bytes: number, now: number): void {
    this.#fine = this.#address?.handshakes.charge(FAILURE_COST * Math.max(1, Math.ceil(bytes / 1024)), now) ?? 0;
  }

  /** A request of it was allowed for its certificate. Should OpenSSL have been wrong about that, nothing is owed for it. */
  know(): void {
    if (this.#isKnown) return;
    this.#isKnown = true;
    this.#address?.handshakes.forgive(this.#fine);
  }

  /** Whose connection it is, at the end of its handshake; why that is one too many. */
  identify(leaf: Uint8Array, now: number): CertificateCrowd | undefined {
    const share = this.#house.certificates.enter(certificateKey(leaf));
    if (share === undefined) return 'certificate-limit';
    this.#certificate = share;
    return share.handshakes.take(now) ? undefined : 'certificate-rate';
  }

  /** Whether one more request may come; counts it where it may. `client`: of a proxy, whom it asks for. */
  ask(client: string | undefined, now: number): RequestCrowd | undefined {
    const { load, limits } = this.#house;
    const certificate = this.#certificate;
    if (!this.#isKnown && load.isOver) return 'load';
    if (certificate !== undefined) {
      if (certificate.requests >= limits.perCertificate.requests) return 'certificate-limit';
      if (!certificate.asked.hasRoom(now)) return 'certificate-rate';
    }
    // What is refused for one of the two takes nothing from the other, which may be others' as well.
    if (this.#shareOf(client)?.asked.take(now) === false) return 'address-rate';
    certificate?.asked.take(now);
    return undefined;
  }

  /** When it may be tried again, in whole seconds: what Retry-After says. */
  retryAfterSeconds(why: RequestCrowd, client: string | undefined, now: number): number {
    const pace = why === 'address-rate' ? this.#shareOf(client) : this.#certificate;
    if (!why.endsWith('-rate') || pace === undefined) return RETRY_SECONDS;
    return Math.max(1, Math.ceil(pace.asked.waitMs(now) / 1000));
  }

  /** A request is under way. */
  beginRequest(): void {
    if (this.#certificate !== undefined) this.#certificate.requests++;
  }

  /** It is over, perhaps after its connection. */
  endRequest(): void {
    if (this.#certificate !== undefined) this.#certificate.requests--;
  }

  #shareOf(client: string | undefined): Share | undefined {
    return client === undefined ? this.#address : this.#house.addresses.of(addressKey(client));
  }
}
