// What decides, without a gateway around it: for `explain` and `crl status`.

import type { Configuration } from '../config/load.ts';
import { silentLog } from '../model/log.ts';
import { createRevocationServices, type RevocationServices } from './revocation.ts';
import { createJudging, type Judging } from './runtime.ts';

export interface JudgingAlone extends Judging {
  readonly revocation: Pick<RevocationServices, 'lists' | 'addresses'>;
  close(): void;
}

/** `now`: ms since the epoch. `online`: whether addresses of lists and responders are asked, as the gateway would ask them. */
export async function judgeAlone(
  configuration: Configuration,
  { now, online }: { readonly now: number; readonly online: boolean },
): Promise<JudgingAlone> {
  const clock = () => now;
  const revocation = createRevocationServices({
    clock,
    log: silentLog,
    reports: { crlFetch() {}, ocspAsked() {} },
    shared: () => undefined,
    onNews() {},
    onChange() {},
    online,
  });
  await revocation.follow(configuration);
  return { ...createJudging(configuration, { clock, revocation }), revocation, close: revocation.close };
}
