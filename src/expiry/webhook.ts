// Posts messages to a server that is sometimes away: signed, one after another, tried again, and not for ever.

import { createHmac, randomUUID } from 'node:crypto';
import { type Clock, DAY_MS } from '../model/clock.ts';
import type { Log } from '../model/log.ts';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: Uint8Array;
}

/** One bounded exchange; never rejects for what the other side does. */
export type Post = (request: {
  readonly url: string;
  readonly method: 'POST';
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly timeLimitMs: number;
  readonly anySuccess: true;
  readonly signal: AbortSignal;
}) => Promise<{ readonly ok: true } | { readonly ok: false; readonly why: string }>;

export interface Webhook {
  /** Takes a message on; what comes of it is in log and metrics. */
  send(message: object): void;
  /** Gives up what has not been posted. */
  close(): void;
}

export interface WebhookInput {
  /** Undefined: nobody is to be told. Asked anew for each try. */
  readonly target: () => (WebhookTarget & { readonly post: Post }) | undefined;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly report: (outcome: 'done' | 'failed' | 'lost') => void;
}

/** An hourly look makes one message as a rule: four days of them. */
const MOST_WAITING = 100;
/** As long as Standard Webhooks advises at least for a try. */
const TIME_LIMIT_MS = 20_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
/** Then the next threshold is nearer than the answer. */
const GIVEN_UP_AFTER_MS = DAY_MS;
/** What it answers is not read. */
const MOST_ANSWER_BYTES = 64 * 1024;

interface Message {
  readonly id: string;
  readonly body: Buffer;
  readonly since: number;
}

export function createWebhook({ target, clock, random, log, report }: WebhookInput): Webhook {
  const waiting: Message[] = [];
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let busy = false;

  /** Gives how long to wait for the next try, ms. */
  async function postFirst(): Promise<number> {
    const [message] = waiting;
    const to = target();
    if (message === undefined || to === undefined) {
      waiting.length = 0;
      return 0;
    }
    const answer = await post(message, to);
    if (ending.signal.aborted) return 0;
    report(answer.ok ? 'done' : 'failed');
    failures = answer.ok ? 0 : failures + 1;
    if (answer.ok) drop(message);
    else if (failures === 1) log.warn({ reason: answer.why }, 'the webhook of warnings cannot be told');
    if (!answer.ok && clock() - message.since > GIVEN_UP_AFTER_MS) lose(message);
    return answer.ok ? 0 : pauseAfter(failures, random());
  }

  function post(message: Message, { url, secret, post }: WebhookTarget & { readonly post: Post }): ReturnType<Post> {
    const seconds = Math.floor(clock() / 1000);
    return post({
      url,
      method: 'POST',
      body: message.body,
      headers: { 'content-type': 'application/json', ...sign(message, seconds, secret) },
      maxBytes: MOST_ANSWER_BYTES,
      timeLimitMs: TIME_LIMIT_MS,
      anySuccess: true,
      signal: ending.signal,
    });
  }

  async function work(): Promise<void> {
    timer = undefined;
    busy = true;
    const pauseMs = await postFirst().catch((err: unknown) => {
      log.error({ err }, 'the webhook of warnings');
      return LONGEST_PAUSE_MS;
    });
    busy = false;
    if (waiting.length === 0 || ending.signal.aborted) return;
    timer = setTimeout(() => void work(), pauseMs);
    timer.unref();
  }

  function drop(message: Message | undefined): void {
    const at = message === undefined ? -1 : waiting.indexOf(message);
    if (at >= 0) waiting.splice(at, 1);
  }

  function lose(message: Message | undefined): void {
    drop(message);
    report('lost');
    log.warn({}, 'a message to the webhook of warnings is given up');
  }

  return {
    send(message) {
      if (target() === undefined) return;
      // The oldest that is not on its way.
      if (waiting.length >= MOST_WAITING) lose(waiting[busy ? 1 : 0]);
      waiting.push({ id: `msg_${randomUUID()}`, body: Buffer.from(JSON.stringify(message)), since: clock() });
      if (!busy && timer === undefined) void work();
    },
    close() {
      ending.abort();
      clearTimeout(timer);
    },
  };
}

/** The headers of Standard Webhooks: who shares the secret can tell that it is ours, whole, and of now. */
export function sign({ id, body }: Pick<Message, 'id' | 'body'>, seconds: number, secret: Uint8Array) {
  const mac = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${mac}` };
}

function pauseAfter(failures: number, random: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS);
  // Replicas whose server was away shall not come back together.
  return Math.round(pause * (0.9 + 0.2 * random));
}
