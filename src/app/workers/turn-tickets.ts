// Keys of session tickets for several processes: one of them makes the keys, and tells when there is another one.

import { createTickets, type TicketSettings, type Tickets } from '../../listener/tickets.ts';
import type { Clock } from '../../model/clock.ts';

export interface TurningTickets {
  readonly key: Buffer;
  replace(settings: TicketSettings): void;
  close(): void;
}

export interface TurningTicketsInput {
  readonly settings: TicketSettings;
  readonly clock: Clock;
  readonly onTurn: (key: Buffer) => void;
}

export function turnTickets({ settings, clock, onTurn }: TurningTicketsInput): TurningTickets {
  const tickets: Tickets = createTickets(settings);
  let key = tickets.keyAt(clock());
  let timer = waitForTurn();

  function waitForTurn(): NodeJS.Timeout {
    const { rotationMs } = tickets.settings;
    return setTimeout(turn, rotationMs - (clock() % rotationMs)).unref();
  }

  function turn(): void {
    const next = tickets.keyAt(clock());
    if (next !== key) onTurn(next);
    key = next;
    timer = waitForTurn();
  }

  return {
    get key() {
      return key;
    },
    replace(next) {
      clearTimeout(timer);
      tickets.replace(next);
      turn();
    },
    close: () => clearTimeout(timer),
  };
}
