// With which key are session tickets sealed, and how long do they hold? One key at a time: Node takes no more.

import { hkdfSync, randomBytes } from 'node:crypto';

export interface TicketSettings {
  /** Otherwise every handshake is a full one. */
  readonly enabled: boolean;
  /** How long a session can be resumed, from its full handshake on. */
  readonly lifetimeMs: number;
  /** How long a key is used. */
  readonly rotationMs: number;
  /** What replicas share, to make the same keys; undefined: random ones, which never leave this process. */
  readonly secret: Uint8Array | undefined;
}

export interface Tickets {
  readonly settings: TicketSettings;
  /** In the form that Node takes. The same object as long as it is the same key. */
  keyAt(now: number): Buffer;
  /** Of a new configuration. A key that it does not change stays in use. */
  replace(settings: TicketSettings): void;
}

/** A name, a key for HMAC and one for AES, 16 bytes each. */
const KEY_BYTES = 48;

export function createTickets(first: TicketSettings): Tickets {
  let settings = first;
  let inUse: { readonly key: Buffer; readonly turn: number } | undefined;
  return {
    get settings() {
      return settings;
    },
    keyAt(now) {
      const { secret, rotationMs } = settings;
      const turn = Math.floor(now / rotationMs);
      if (inUse?.turn !== turn) inUse = { turn, key: makeKey(secret, `${rotationMs} ${turn}`) };
      return inUse.key;
    },
    replace(next) {
      const before = settings;
      settings = next;
      if (next.rotationMs !== before.rotationMs || !areEqual(next.secret, before.secret)) inUse = undefined;
    },
  };
}

/** The keys come from elsewhere, and so does the word that there is another one. */
export function createGivenTickets(first: TicketSettings, key: () => Buffer): Tickets {
  let settings = first;
  return {
    get settings() {
      return settings;
    },
    keyAt: key,
    replace(next) {
      settings = next;
    },
  };
}

/** Replicas with one secret and one clock have one key, without a word between them. */
function makeKey(secret: Uint8Array | undefined, turn: string): Buffer {
  if (secret === undefined) return randomBytes(KEY_BYTES);
  return Buffer.from(hkdfSync('sha256', secret, '', `portcullis session tickets ${turn}`, KEY_BYTES));
}

function areEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}
