import t, { type Test } from 'tap';
import { openDirectory } from '../../../src/directory/open.ts';
import { type Place, testDirectory } from '../../contract/directory.ts';
import { TRAFFIC_NOW, testTraffic } from '../../contract/traffic.ts';
import { startPostgres } from '../../kit/postgres.ts';

t.test('PostgreSQL is a database of clients', async (t) => {
  const server = await startPostgres(t);
  let databases = 0;
  const createPlace = (_t: Test): Place => {
    databases++;
    const name = `clients_${databases}`;
    return {
      url: server.createDatabase(name),
      run: (sql) => void server.run(sql, name),
      takeAway: () => server.stop(),
      bringBack: () => server.start(),
    };
  };
  await testDirectory(t, createPlace);
  await testTraffic(t, async (t) => {
    const store = openDirectory(createPlace(t).url, { clock: () => TRAFFIC_NOW });
    t.teardown(() => store.close());
    await store.prepare();
    return store;
  });
});
