import t, { type Test } from 'tap';
import { type Place, testDirectory } from '../../contract/directory.ts';
import { startPostgres } from '../../kit/postgres.ts';

t.test('PostgreSQL is a database of clients', async (t) => {
  const server = await startPostgres(t);
  let databases = 0;
  await testDirectory(t, (_t: Test): Place => {
    databases++;
    const name = `clients_${databases}`;
    return {
      url: server.createDatabase(name),
      run: (sql) => void server.run(sql, name),
      takeAway: () => server.stop(),
      bringBack: () => server.start(),
    };
  });
});
