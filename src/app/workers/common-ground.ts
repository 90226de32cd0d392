// What each process of a gateway does with what the others learn, and what it tells them; the same in primary and worker.

import type { FullHandshakes } from '../../listener/full-handshakes.ts';
import type { SharedAnswers } from '../../revocation/ocsp/responders.ts';
import { createIntermediatePools, type VerifiedIntermediates } from '../../trust/verified-intermediates.ts';
import { parseCertificate } from '../../x509/certificate.ts';
import type { CommonParts, FleetHears } from '../common-parts.ts';
import type { News } from './protocol.ts';

export interface CommonGroundInput {
  /** To all the others. */
  readonly tell: (news: News) => void;
  readonly ocspAnswers: SharedAnswers;
}

export interface CommonGround extends Pick<CommonParts, 'fleet' | 'fullHandshakes' | 'poolOf'> {
  /** Another process has told this. */
  hear(news: News): void;
}

export function createCommonGround({ tell, ocspAnswers }: CommonGroundInput): CommonGround {
  const ownPoolOf = createIntermediatePools();
  let demandHere = (_address: string) => {};
  let heard: FleetHears = { onChange() {}, onMessage() {} };

  /** A session that was begun with one process is taken up with another, which has not seen what was presented then. */
  function poolOf(contentHash: string): VerifiedIntermediates {
    const own = ownPoolOf(contentHash);
    return {
      get state() {
        return own.state;
      },
      above: own.above,
      remember(path) {
        const { state } = own;
        own.remember(path);
        if (own.state === state) return;
        tell({ kind: 'intermediates', contentHash, ders: path.slice(1, -1).map(({ der }) => der) });
      },
    };
  }

  return {
    poolOf,
    fullHandshakes(own): FullHandshakes {
      demandHere = own.demand;
      return {
        isDemanded: own.isDemanded,
        demand(address) {
          if (!own.isDemanded(address)) tell({ kind: 'full-handshake', address });
          own.demand(address);
        },
      };
    },
    fleet(hears) {
      heard = hears;
      return {
        // Each process judges for itself: that costs less than to ask another one.
        verdicts: undefined,
        ocspAnswers,
        announce: async () => tell({ kind: 'moved' }),
        say: async (body) => tell({ kind: 'said', body }),
        extend: (configuration) => configuration,
        exchangeLists: async () => false,
        replace: ({ settings }) => settings.cache.redis !== undefined,
        close() {},
      };
    },
    hear(news) {
      if (news.kind === 'moved') heard.onChange('moved');
      else if (news.kind === 'said') heard.onMessage(news.body);
      else if (news.kind === 'full-handshake') demandHere(news.address);
      else {
        const [first, ...others] = news.ders.map((der) => parseCertificate(der));
        // The pool takes what stands between the ends of a path.
        if (first !== undefined) ownPoolOf(news.contentHash).remember([first, first, ...others, first]);
      }
    },
  };
}
