// Where the admin API is reached: by plain HTTP, or by TLS that asks for a certificate where one gives a role.

import type { Admin } from '../admin/server.ts';
import type { LoadedAdmin } from '../config/files/admin.ts';
import type { Configuration } from '../config/load.ts';
import type { AdminLimits } from '../config/options/admin.ts';
import { createGuests, type Guests } from '../limits/guests.ts';
import { createFullHandshakes } from '../listener/full-handshakes.ts';
import { createListener } from '../listener/listener.ts';
import { createSecureContexts, type SecureContexts } from '../listener/secure-contexts.ts';
import { createTickets } from '../listener/tickets.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { authoritiesOf } from '../trust/trust-store.ts';
import { encodePem } from '../x509/pem.ts';

export interface AdminAddressInput {
  readonly host: string;
  readonly port: number;
  readonly limits: AdminLimits;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AdminAddress {
  readonly port: number;
  /** New connections get the certificate and the authorities of this configuration. */
  replace(configuration: Configuration): void;
  /** Takes no further connections. */
  stop(): void;
}

const HANDSHAKE_MS = 10_000;

/** Those of clients are counted; these are few, and each of their requests is. */
const UNCOUNTED = { handshake() {}, connections() {}, connectionRefused() {} };

/** Rejects with a StartFault when the address cannot be had. */
export async function openAdminAddress(admin: Admin, input: AdminAddressInput): Promise<AdminAddress> {
  const contexts = contextsOf(input.configuration);
  if (contexts === undefined) return { port: await admin.listen(input), replace() {}, stop() {} };
  // No session is resumed: handshakes are few, and each shows the whole certificate.
  const tickets = createTickets({ enabled: false, lifetimeMs: 1000, rotationMs: 1000, secret: undefined });
  const listener = await createListener({
    ...input,
    minVersion: 'TLSv1.2',
    http2: false,
    contexts,
    guests: createAdminGuests(input),
    tickets,
    fullHandshakes: createFullHandshakes(() => tickets.settings.lifetimeMs),
    handshakeTimeoutMs: HANDSHAKE_MS,
    accept: admin.accept,
    metrics: UNCOUNTED,
  });
  return {
    port: listener.address.port,
    replace(next) {
      const replaced = contextsOf(next);
      // Plain HTTP comes with the next start only.
      if (replaced !== undefined) listener.replace(replaced);
    },
    stop: listener.stop,
  };
}

/** Each may make as many handshakes as a client of a site; both are counted apart. */
function createAdminGuests({ limits: { connections }, configuration }: AdminAddressInput): Guests {
  const { perAddress, perCertificate } = configuration.settings.limits;
  return createGuests({
    limits: {
      connections,
      perAddress: { ...perAddress, connections },
      perCertificate: { ...perCertificate, connections },
    },
    isProxy: () => false,
    // Whoever looks what is wrong is let in.
    load: { isOver: false },
  });
}

/** undefined: plain HTTP. */
function contextsOf({ admin, settings, trustStores }: Configuration): SecureContexts | undefined {
  const certificate: LoadedAdmin['certificate'] = admin?.certificate;
  if (certificate === undefined) return undefined;
  const trust = settings.admin?.clients?.trust;
  const loaded = trust === undefined ? undefined : trustStores.get(trust);
  if (loaded === undefined) return createSecureContexts([certificate], []);
  const authorities = authoritiesOf(loaded.store).map(({ der }) => encodePem('CERTIFICATE', der));
  const gate = {
    hosts: certificate.hosts,
    authoritiesPem: [...new Set(authorities)],
    sendIssuerList: true,
    allowPartialChain: loaded.partialChain,
    asksForCertificate: true,
  };
  return createSecureContexts([certificate], [gate]);
}
