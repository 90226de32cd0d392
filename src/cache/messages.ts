// What do replicas say to each other? Each message is sealed, heard once, and not by its sender.

import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SealDefect, Seals } from './seal.ts';

export interface Messages {
  /** What to publish. */
  write(body: string, now: number): Buffer;
  /** undefined: one's own, or one that was heard before. */
  read(bytes: Buffer, now: number): { readonly body: string } | SealDefect | undefined;
}

/** For clocks that differ. Whoever has just begun could hear what was said so long ago. */
const LIFE_MS = 300_000;
const SENDER_BYTES = 8;
const SENDER_DIGITS = 2 * SENDER_BYTES;
/** More than is ever said; whoever can publish may send far more. */
const MOST_BYTES = 256 * 1024;
/** More replicas than share a Redis. Of one that is forgotten its last messages could be heard once more. */
const MOST_SENDERS = 1_000;
const FORM = new RegExp(`^(?<sender>[0-9a-f]{${SENDER_DIGITS}}) (?<count>\\d{1,15})\n`);

/** `channel`: what it says counts nowhere else. */
export function createMessages(seals: Seals, channel: string): Messages {
  const own = randomBytes(SENDER_BYTES).toString('hex');
  const heard = new LRUCache<string, number>({ max: MOST_SENDERS });
  let sent = 0;
  return {
    write(body, now) {
      sent++;
      const payload = Buffer.from(`${own} ${sent}\n${body}`);
      return seals.seal(channel, { generation: 0, expires: now + LIFE_MS, payload });
    },
    read(bytes, now) {
      if (bytes.length > MOST_BYTES) return 'form';
      const opened = seals.open(channel, bytes, now);
      if (typeof opened === 'string') return opened;
      const text = opened.payload.toString();
      const head = FORM.exec(text);
      const { sender = '', count = '' } = head?.groups ?? {};
      if (head === null) return 'form';
      if (sender === own || Number(count) <= (heard.get(sender) ?? 0)) return undefined;
      heard.set(sender, Number(count));
      return { body: text.slice(head[0].length) };
    },
  };
}
