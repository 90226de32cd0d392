import t from 'tap';
import { testVerdictStore } from '../../contract/verdict-store.ts';
import { startRedis } from '../../kit/redis.ts';
import { joinReplica } from './shared.ts';

let stores = 0;

t.test('Redis is a store of verdicts', async (t) => {
  const { url } = await startRedis(t);
  await testVerdictStore(t, async () => {
    stores++;
    const { shared } = await joinReplica(t, { redis: { url, prefix: `store-${stores}` } });
    return shared.verdicts;
  });
});
