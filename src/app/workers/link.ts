// Calls between two processes, each with its answer, over the channel that Node gives a process and its parent.

import { StartFault } from '../../model/fault.ts';

/** Functions of one argument at most, whose arguments and results can be sent. */
export type Offer<T> = { readonly [K in keyof T]: T[K] extends (input: never) => unknown ? T[K] : never };

type Input<F> = F extends (...args: infer A) => unknown ? A : never;
type Output<F> = F extends (...args: never) => infer R ? Awaited<R> : never;

export interface Link<Theirs> {
  /** Rejects when the other side fails, and when it is gone. */
  call<K extends keyof Theirs & string>(name: K, ...input: Input<Theirs[K]>): Promise<Output<Theirs[K]>>;
  /** Gets every message of the channel. */
  take(message: unknown): void;
  /** The other side is gone. */
  close(): void;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly input: readonly unknown[] }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly isStartFault: boolean };

/** `onSent` hears why a message could not be sent, if so. */
type Send = (message: Message, onSent: (error: Error | null) => void) => void;

const GONE = 'the other process is gone';

export function createLink<Own, Theirs>(own: Offer<Own>, send: Send): Link<Theirs> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const offered = new Map<string, unknown>(Object.entries(own));
  let calls = 0;
  let isGone = false;

  /** What cannot be told any more is of no use to anybody. */
  const answer = (message: Message) => send(message, () => {});

  async function serve({ id, name, input }: Extract<Message, { kind: 'call' }>): Promise<void> {
    try {
      const offer = offered.get(name) as (...input: readonly unknown[]) => unknown;
      answer({ kind: 'done', id, value: await offer(...input) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      answer({ kind: 'failed', id, message, isStartFault: error instanceof StartFault });
    }
  }

  function settle(message: Exclude<Message, { kind: 'call' }>): void {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'done') call?.resolve(message.value);
    else call?.reject(message.isStartFault ? new StartFault(message.message) : new Error(message.message));
  }

  return {
    call(name, ...input) {
      const call = Promise.withResolvers<unknown>();
      const id = ++calls;
      if (isGone) call.reject(new Error(GONE));
      else waiting.set(id, call);
      if (!isGone) {
        send({ kind: 'call', id, name, input }, (error) => {
          if (error !== null) settle({ kind: 'failed', id, message: GONE, isStartFault: false });
        });
      }
      return call.promise as Promise<never>;
    },
    take(received) {
      // Only our own processes have the other end.
      const message = received as Message;
      if (message.kind === 'call') void serve(message);
      else settle(message);
    },
    close() {
      isGone = true;
      for (const id of [...waiting.keys()]) settle({ kind: 'failed', id, message: GONE, isStartFault: false });
    },
  };
}
