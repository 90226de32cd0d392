// Guests whose limits are as by default, but for what the test is about.

import { createGuests, type GuestLimits, type Guests, type GuestsInput } from '../../src/limits/guests.ts';
import { perAddressOptions, perCertificateOptions } from '../../src/limits/options.ts';

/** ms, monotonic: some moment. */
export const NOW = 1_000_000;

export interface GuestsOptions extends Partial<Omit<GuestsInput, 'limits'>> {
  readonly connections?: number;
  readonly perAddress?: Partial<GuestLimits['perAddress']>;
  readonly perCertificate?: Partial<GuestLimits['perCertificate']>;
}

export function guestsWith({
  connections = 10_000,
  perAddress,
  perCertificate,
  isProxy = () => false,
  load = { isOver: false },
}: GuestsOptions = {}): Guests {
  return createGuests({
    limits: {
      connections,
      perAddress: { ...perAddressOptions.parse({}), ...perAddress },
      perCertificate: { ...perCertificateOptions.parse({}), ...perCertificate },
    },
    isProxy,
    load,
  });
}
