// A standby of PostgreSQL that a name or a proxy leads to may lack the last block. Its answers were taken once the client had
// tried a few connections; now each look asks, and nothing is read there, until it leads to the primary again.

import t from 'tap';
import { openPostgres } from '../../src/directory/postgres.ts';
import { systemClock } from '../../src/model/clock.ts';
import { startPostgres } from '../kit/postgres.ts';
import { startTcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';

/** More than the client tried before. */
const LOOKS = 12;

t.test('neither looks nor copies', async (t) => {
  const primary = await startPostgres(t);
  const proxy = await startTcpProxy(t, primary.port);
  const address = { host: '127.0.0.1', port: proxy.port, user: 'portcullis', password: '', database: 'clients' };
  const store = openPostgres({ address, password: undefined, tls: undefined, connections: 2 }, systemClock);
  t.teardown(() => store.close());
  await store.prepare();
  const generation = await store.generation();
  const standby = await primary.startStandby(t);
  t.equal(standby.run('select generation from portcullis_state'), String(generation), 'it can be read');

  proxy.target = standby.port;
  proxy.cut();
  // Whatever was under way meets the end of its connection first.
  await until(async () => (await outcome(store.generation())) === 'standby');
  for (let look = 0; look < LOOKS; look++) {
    t.not(await outcome(store.generation()), 'done');
    t.not(await outcome(store.load(undefined, () => {})), 'done');
  }

  proxy.target = primary.port;
  proxy.cut();
  await until(async () => (await outcome(store.generation())) === 'done');
  t.equal(await outcome(store.load(undefined, () => {})), 'done');
});

async function outcome(work: Promise<unknown>): Promise<'done' | 'standby' | 'failed'> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return String(error).includes('is a standby') ? 'standby' : 'failed';
  }
}
