// What is one for all processes of a gateway, and kept by the primary: keys of tickets, lists on their way, OCSP answers,
// and what one process has learned and the others need to know.

import type { Configuration } from '../../config/load.ts';
import type { TrafficStore } from '../../directory/traffic-store.ts';
import type { Clock } from '../../model/clock.ts';
import { createOutbound } from '../../revocation/outbound.ts';
import type { CommonParts } from '../common-parts.ts';
import { ticketSettingsOf } from '../ticket-settings.ts';
import { createCommonGround } from './common-ground.ts';
import type { Crew } from './crew.ts';
import type { Offer } from './link.ts';
import type { Member } from './member.ts';
import type { News, PrimaryCalls, StartOrder } from './protocol.ts';
import { createAnswerShelf } from './shared-answers.ts';
import { createSharedFetches } from './shared-fetches.ts';
import { turnTickets } from './turn-tickets.ts';

export interface SharedState {
  /** For the primary's own gateway. */
  readonly parts: Omit<CommonParts, 'metrics'>;
  /** For a worker that starts now. */
  forStart(): Pick<StartOrder, 'ticketKey' | 'chance' | 'news'>;
  offerTo(member: Member): Offer<PrimaryCalls>;
  /** Another configuration is in force. */
  replace(configuration: Configuration): void;
  close(): void;
}

export interface SharedStateInput {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly crew: () => Pick<Crew, 'tell' | 'useTicketKey'>;
  /** Where it is kept what workers see in their traffic. */
  readonly traffic: () => Pick<TrafficStore, 'recordCertificates' | 'recordReports'>;
}

/** As many intermediates as a pool holds; a worker that starts later gets no others. */
const MOST_NEWS = 256;

export function createSharedState({ configuration, clock, crew, traffic }: SharedStateInput): SharedState {
  const shelf = createAnswerShelf(clock);
  const fetchList = createSharedFetches((proxy) => createOutbound({ proxy }));
  const primary = {};
  const news: News[] = [];
  const chance = Math.random();
  const tickets = turnTickets({
    settings: ticketSettingsOf(configuration),
    clock,
    onTurn: (key) => crew().useTicketKey(key),
  });
  const { hear, ...ground } = createCommonGround({
    tell: (one) => spread(one),
    ocspAnswers: {
      read: async (id) => shelf.read(id),
      write: async (id, der, expires) => shelf.write({ id, der, expires }),
    },
  });

  function spread(one: News, from?: Member): void {
    if (one.kind === 'intermediates') news.push(one);
    if (news.length > MOST_NEWS) news.shift();
    crew().tell(one, from);
  }

  return {
    parts: {
      ...ground,
      listOutbound: (proxy) => (request) => fetchList(primary, { ...request, proxy }),
      chance: () => chance,
    },
    forStart: () => ({ ticketKey: tickets.key, chance, news }),
    offerTo: (member) => ({
      tell(one) {
        hear(one);
        spread(one, member);
      },
      recordCertificates: (seen) => traffic().recordCertificates(seen),
      recordReports: (entries) => traffic().recordReports(entries),
      readAnswer: shelf.read,
      writeAnswer: shelf.write,
      fetchList: (request) => fetchList(member, request),
    }),
    replace: (next) => tickets.replace(ticketSettingsOf(next)),
    close: tickets.close,
  };
}
