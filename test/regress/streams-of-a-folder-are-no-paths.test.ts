// On Windows `admin:$i30:$INDEX_ALLOCATION` is the folder `admin`, as `admin::$INDEX_ALLOCATION` is, which alone was
// refused: the rule of `/admin` could be passed by.

import t from 'tap';
import { startAttacked } from '../kit/attacked.ts';
import { checkRefusal, send } from '../kit/client.ts';

t.test('in every spelling', async (t) => {
  const { port, upstream, alice } = await startAttacked(t);
  for (const path of ['/admin/x', '/admin:i30/x', '/admin$i30:x', '/x:y$z']) {
    t.equal((await send(t, { port, path, certificate: alice })).status, 200, path);
  }
  const before = upstream.bytes();
  for (const path of [
    '/admin:$i30:$INDEX_ALLOCATION/x',
    '/admin:$I30:$index_allocation/x',
    '/admin:$i30:$INDEX_ALLOCATION',
    '/admin::$INDEX_ALLOCATION/x',
    '/admin%3a$i30%3a$INDEX_ALLOCATION/x',
    '/admin:%24i30:%24INDEX_ALLOCATION/x',
    '/admin%253a%2524i30%253a%2524INDEX_ALLOCATION/x',
    '/x/admin:$DATA',
    '/admin:x:$DATA',
  ]) {
    for (const certificate of [undefined, alice]) {
      checkRefusal(t, await send(t, { port, path, certificate }), 'path-invalid');
    }
  }
  t.equal(upstream.bytes(), before);
});
