// A reload of several processes: in every one of them, or in none.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import type { Gateway, GatewayProcess } from '../gateway.ts';
import type { Crew } from './crew.ts';
import { orderOf, type Plan, RENEWED, type Renewed, withoutClients } from './plan.ts';
import type { SharedState } from './shared-state.ts';

interface ReloadParts {
  readonly plan: Plan;
  readonly gateway: Pick<GatewayProcess, 'prepare'>;
  readonly crew: Pick<Crew, 'inTurn' | 'prepare' | 'settle' | 'renew'>;
  readonly shared: Pick<SharedState, 'replace'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** In every process or in none: all have built it before one of them takes it over. */
export function createReload({ plan, gateway, crew, shared, clock, log }: ReloadParts): Gateway['reload'] {
  async function renewWith(next: Renewed): Promise<readonly string[]> {
    const { begun } = plan;
    const changed = RENEWED.filter((key) => !isDeepStrictEqual(begun[key], next[key]));
    if (changed.length === 0) return [];
    plan.begun = next;
    try {
      await crew.renew();
      log.info({ changed }, 'new workers serve; those before finish what they have');
      return [];
    } catch (err) {
      plan.begun = begun;
      log.error(
        { err, changed },
        'workers could not be started anew; those before go on with what they were started with',
      );
      return changed;
    }
  }

  return (next) =>
    crew.inTurn(async () => {
      const before = { ...plan };
      const prepared = await gateway.prepare(withoutClients(next));
      try {
        Object.assign(plan, { configuration: next, readAt: clock() });
        await crew.prepare(orderOf(plan));
      } catch (fault) {
        Object.assign(plan, before);
        await Promise.all([crew.settle('drop'), prepared.drop()]);
        throw fault;
      }
      const [{ needsRestart }] = await Promise.all([prepared.commit(), crew.settle('commit')]);
      shared.replace(next);
      const left = await renewWith(next.settings);
      const isRenewed = (key: string) => RENEWED.some((each) => each === key);
      return { needsRestart: [...left, ...needsRestart.filter((key) => !isRenewed(key))] };
    });
}
