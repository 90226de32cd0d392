// The listener alone: it answers the first request of a connection and ends it, and tells its processor time when asked.

import { createGuests } from '../../src/limits/guests.ts';
import { createFullHandshakes } from '../../src/listener/full-handshakes.ts';
import { createListener } from '../../src/listener/listener.ts';
import { createSecureContexts } from '../../src/listener/secure-contexts.ts';
import { createTickets } from '../../src/listener/tickets.ts';
import { systemClock } from '../../src/model/clock.ts';
import { silentLog } from '../../src/model/log.ts';

export interface Place {
  readonly port: number;
}

interface Orders {
  readonly certPem: string;
  readonly keyPem: string;
  readonly rootPem: string;
}

const UNLIMITED = {
  connections: 100,
  requests: 100,
  handshakesPerSecond: 1_000_000,
  requestsPerSecond: 1_000_000,
  burst: 10_000,
};

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

process.once('message', async ({ certPem, keyPem, rootPem }: Orders) => {
  const hosts = ['localhost'];
  const gate = {
    hosts,
    authoritiesPem: [rootPem],
    sendIssuerList: true,
    allowPartialChain: false,
    asksForCertificate: true,
  };
  const listener = await createListener({
    host: '127.0.0.1',
    port: 0,
    minVersion: 'TLSv1.2',
    http2: false,
    contexts: createSecureContexts([{ hosts, isDefault: true, certPem, keyPem }], [gate]),
    guests: createGuests({
      limits: { connections: 100, perAddress: UNLIMITED, perCertificate: UNLIMITED },
      isProxy: () => false,
      load: { isOver: false },
    }),
    tickets: createTickets({ enabled: true, lifetimeMs: 300_000, rotationMs: 28_800_000, secret: undefined }),
    fullHandshakes: createFullHandshakes(() => 300_000),
    handshakeTimeoutMs: 10_000,
    clock: systemClock,
    accept: (socket) => socket.once('data', () => socket.end(ANSWER)),
    log: silentLog,
    metrics: { handshake() {}, connections() {}, connectionRefused() {} },
  });
  const place: Place = { port: listener.address.port };
  process.send?.(place);
  let cpu = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    process.send?.((user + system) / 1000);
  });
});
