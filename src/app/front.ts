// Who comes in, and how many: the listeners, the limits, and the gate behind them.

import type { ResolvedSettings } from '../config/resolve.ts';
import type { RecentDecisions } from '../decision/recent-decisions.ts';
import { isTrustedProxy } from '../gate/forwarding.ts';
import { createGate, type Gate } from '../gate/gate.ts';
import { createGuests, type Guests } from '../limits/guests.ts';
import { Load } from '../limits/load.ts';
import type { FullHandshakes } from '../listener/full-handshakes.ts';
import { createListener, type Listener } from '../listener/listener.ts';
import type { SecureContexts } from '../listener/secure-contexts.ts';
import type { Tickets } from '../listener/tickets.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import { splitAddress } from '../model/split-address.ts';
import type { Fleet } from './fleet.ts';
import type { Runtime } from './runtime.ts';
import { type SharedLimits, shareLimits } from './share-limits.ts';
import { watchLoad } from './watch-load.ts';

export interface FrontInput {
  readonly settings: ResolvedSettings;
  /** The snapshot in force. */
  readonly runtime: () => Runtime;
  readonly fleet: Fleet | undefined;
  readonly recent: RecentDecisions | undefined;
  readonly tickets: Tickets;
  readonly fullHandshakes: FullHandshakes;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Front {
  readonly gate: Gate;
  readonly guests: Pick<Guests, 'open'>;
  /** Of the listeners, in the order of the configuration. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /**
   * Opens the listeners. Rejects with a StartFault when an address cannot be had. `sockets`: descriptors of those that
   * listen already, one for each, or none.
   */
  listen(sockets: readonly number[]): Promise<void>;
  /** New connections get what these contexts hold. */
  replace(contexts: SecureContexts): void;
  /** What another replica has said of what its clients took. */
  readonly hear: SharedLimits['hear'];
  /** No further connections; resolves when no handshake is under way. */
  finishHandshakes(): Promise<unknown>;
  /** Breaks off the handshakes that are. */
  stopListening(): void;
  /** Breaks off what is left. */
  close(): void;
}

export function createFront(input: FrontInput): Front {
  const { settings, runtime, fleet, recent, tickets, fullHandshakes, metrics, clock, log } = input;
  const { limits, timeouts } = settings;
  const requestLog = settings.log.requests ? log : undefined;
  const gate = createGate({ recent, runtime, limits, timeouts, log, requestLog, metrics, clock });
  const load = new Load(limits.eventLoopDelay);
  const isProxy = (address: string) => isTrustedProxy(address, runtime().trustedProxies);
  const guests = createGuests({ limits, isProxy, load });
  const shared = fleet === undefined || !limits.shared ? undefined : shareLimits({ guests, say: fleet.say, metrics });
  const watch = watchLoad({ load, guests, gate, metrics, log });
  const listeners: Listener[] = [];
  const stopListening = () => {
    for (const listener of listeners) listener.stop();
  };

  return {
    gate,
    guests,
    get addresses() {
      return listeners.map(({ address }) => ({ address: address.address, port: address.port }));
    },
    async listen(sockets) {
      for (const [index, { address, minVersion, http2 }] of settings.listeners.entries()) {
        const listener = await createListener({
          ...splitAddress(address),
          descriptor: sockets[index],
          minVersion,
          http2,
          contexts: runtime().contexts,
          guests,
          tickets,
          fullHandshakes,
          handshakeTimeoutMs: timeouts.handshake,
          accept: gate.accept,
          clock,
          log,
          metrics,
        });
        listeners.push(listener);
      }
    },
    replace(contexts) {
      for (const listener of listeners) listener.replace(contexts);
    },
    hear: (body) => shared?.hear(body),
    finishHandshakes: () => Promise.all(listeners.map((listener) => listener.finish())),
    stopListening,
    close() {
      watch.close();
      shared?.close();
      stopListening();
      gate.close();
    },
  };
}
