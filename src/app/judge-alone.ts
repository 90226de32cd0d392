// What decides, without a gateway around it: for `explain` and `crl status`.

import type { Configuration } from '../config/load.ts';
import { silentLog } from '../model/log.ts';
import { isMissing, runDirectory } from './directory.ts';
import { createRevocationServices, type RevocationServices } from './revocation.ts';
import { createJudging, type Judging } from './runtime.ts';

export interface JudgingAlone extends Judging {
  readonly revocation: Pick<RevocationServices, 'lists' | 'addresses'>;
  close(): Promise<void>;
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
  const { directory: loaded } = configuration;
  const reports = { directoryCheck() {} };
  // A command makes no database: in one that is not there nobody is known.
  const directory =
    loaded && !isMissing(loaded) && (await runDirectory(loaded, { clock, log: silentLog, reports, onChange() {} }));
  await revocation.follow(configuration);
  return {
    ...createJudging(configuration, { clock, revocation, ...(directory && { directory }) }),
    revocation,
    async close() {
      revocation.close();
      if (directory) await directory.close();
    },
  };
}
