// Which sessions may be resumed, as the configuration says.

import type { Configuration } from '../config/load.ts';
import type { TicketSettings } from '../listener/tickets.ts';

export function ticketSettingsOf({ settings, ticketSecret }: Configuration): TicketSettings {
  const { enabled, lifetime, rotation } = settings.tickets;
  return { enabled, lifetimeMs: lifetime, rotationMs: rotation, secret: ticketSecret };
}
