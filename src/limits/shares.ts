// What has each address, or each certificate, taken of late? A bounded table of shares.

import { Pace } from './pace.ts';

export interface ShareLimits {
  readonly connections: number;
  readonly handshakesPerSecond: number;
  readonly requestsPerSecond: number;
  /** ms. */
  readonly burst: number;
}

/** What one of them has taken. */
export interface Share {
  readonly key: string;
  /** Open at the moment: those that hold it. */
  connections: number;
  /** Under way at the moment. */
  requests: number;
  readonly handshakes: Pace;
  readonly asked: Pace;
}

/** What somebody took of late, told to other replicas: its key, how many handshakes, how many requests. */
export type Taken = readonly [key: string, handshakes: number, requests: number];

/** About 25 MiB at most. Whoever is forgotten begins with a full bucket. */
const MOST_AT_REST = 100_000;

export class Shares {
  readonly #limits: ShareLimits;
  readonly #mostAtRest: number;
  /** Of those that have connections: as many as there are connections at most. */
  readonly #held = new Map<string, Share>();
  /** Of those that have none but are not forgiven yet, oldest first. */
  readonly #atRest = new Map<string, Share>();

  constructor(limits: ShareLimits, mostAtRest = MOST_AT_REST) {
    this.#limits = limits;
    this.#mostAtRest = mostAtRest;
  }

  /** Counts a connection in; undefined where it would be one too many. */
  enter(key: string): Share | undefined {
    const share = this.#held.get(key) ?? this.#atRest.get(key) ?? this.#create(key);
    if (share.connections >= this.#limits.connections) return undefined;
    if (++share.connections === 1) {
      this.#atRest.delete(key);
      this.#held.set(key, share);
    }
    return share;
  }

  /** Counts a connection out again. */
  leave(share: Share, now: number): void {
    if (--share.connections > 0) return;
    this.#held.delete(share.key);
    if (!share.handshakes.isFull(now) || !share.asked.isFull(now)) this.#rest(share);
  }

  /** Of somebody who need not have a connection here: a client of a proxy. */
  of(key: string): Share {
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const share = this.#atRest.get(key) ?? this.#create(key);
    this.#atRest.delete(key);
    this.#rest(share);
    return share;
  }

  /** Who took much here since the last time, and how much; at most so many of them, the others the next time. */
  tell(most: number): Taken[] {
    const told: Taken[] = [];
    for (const shares of [this.#held, this.#atRest]) {
      for (const { key, handshakes, asked } of shares.values()) {
        if (told.length === most) return told;
        if (handshakes.isTelling || asked.isTelling) told.push([key, handshakes.tell(), asked.tell()]);
      }
    }
    return told;
  }

  /** Counts what was taken elsewhere. */
  hear(taken: readonly Taken[], now: number): void {
    for (const [key, handshakes, requests] of taken) {
      const share = this.of(key);
      share.handshakes.owe(handshakes, now);
      share.asked.owe(requests, now);
    }
  }

  #create(key: string): Share {
    const { handshakesPerSecond, requestsPerSecond, burst } = this.#limits;
    return {
      key,
      connections: 0,
      requests: 0,
      handshakes: new Pace(handshakesPerSecond, burst),
      asked: new Pace(requestsPerSecond, burst),
    };
  }

  #rest(share: Share): void {
    this.#atRest.set(share.key, share);
    if (this.#atRest.size <= this.#mostAtRest) return;
    const [oldest] = this.#atRest.keys();
    if (oldest !== undefined) this.#atRest.delete(oldest);
  }
}
