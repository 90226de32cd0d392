// What a reload replaces is given back, while connections of before stay open.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { startGateway } from '../../src/app/gateway.ts';
import { type Configuration, loadConfiguration } from '../../src/config/load.ts';
import { open, readUntil } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { startUpstream } from '../kit/upstream.ts';

const SITES = `
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }
`;
const RELOADS = 50;
/** The one in force, and what the last request or the last turn of the gate may still hold. */
const KEPT = 3;

t.test('configurations of before are let go', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const upstream = await startUpstream(t);
  const folder = makeFolder(t);
  const pki = makePki();
  const load = async (): Promise<Configuration> => {
    const file = writeConfiguration(folder, pki, { upstreamPort: upstream.port, yaml: SITES });
    const result = await loadConfiguration(file, { env: {}, now: Date.now() });
    if (!result.ok) throw new Error('it was written a moment ago');
    return result.configuration;
  };
  const ignore = () => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const reload = async () => ({ done: false, problems: [], needsRestart: [] });
  const gateway = await startGateway(await load(), { clock: Date.now, log, reload });
  t.teardown(() => gateway.stop());
  const client = await open(t, { port: gateway.addresses[0]?.port ?? 0 });

  const replaced: WeakRef<Configuration>[] = [];
  const reloadOnce = async () => {
    const configuration = await load();
    replaced.push(new WeakRef(configuration));
    await gateway.reload(configuration);
  };
  for (const _ of Array(RELOADS).keys()) {
    await reloadOnce();
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await readUntil(client, (text) => text.endsWith('answered /'));
  }
  const alive = () => replaced.filter((each) => each.deref() !== undefined).length;
  await until(() => {
    collect();
    return alive() <= KEPT;
  });
  t.ok(alive() <= KEPT, `${alive()} of ${RELOADS} are still there`);
  t.ok(alive() >= 1, 'the one in force is');
});
