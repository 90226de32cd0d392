// Lists that several processes ask for at the same time are fetched once; who has an answer gets a newer one.

import t from 'tap';
import { createSharedFetches } from '../../../src/app/workers/shared-fetches.ts';
import type { OutboundAnswer } from '../../../src/revocation/outbound-types.ts';

const REQUEST = { url: 'http://lists.test/ca.crl', method: 'GET', maxBytes: 100, timeLimitMs: 1000 } as const;
const [one, two, three] = [{}, {}, {}];

function begin() {
  const fetched: string[] = [];
  const fetch = createSharedFetches((proxy) => async ({ url, headers }): Promise<OutboundAnswer> => {
    fetched.push([proxy, url, JSON.stringify(headers)].join(' '));
    const body = new Uint8Array([fetched.length]);
    return { ok: true, status: 200, body, contentType: undefined, etag: undefined, lastModified: undefined };
  });
  const ask = async (who: object, more: object = {}) => {
    const answer = await fetch(who, { ...REQUEST, proxy: undefined, ...more });
    if (!answer.ok) throw new Error(answer.why);
    return answer.body;
  };
  return { fetched, ask };
}

t.test('one for each process', async (t) => {
  const { fetched, ask } = begin();
  const [first, second] = await Promise.all([ask(one), ask(two)]);
  t.strictSame([first[0], second[0], (await ask(three))[0]], [1, 1, 1]);
  t.not(first.buffer, second.buffer, 'each has bytes of its own, to hand them over');
  t.equal(fetched.length, 1);
  t.equal((await ask(two))[0], 2, 'who asks again wants a newer one');
  t.equal((await ask(one))[0], 2);
  t.equal(fetched.length, 2);
});

t.test('what is asked for otherwise is something else', async (t) => {
  const { fetched, ask } = begin();
  await ask(one);
  await ask(two, { headers: { 'if-none-match': '"1"' } });
  await ask(two, { proxy: 'http://proxy.test' });
  await ask(two, { maxBytes: 50 });
  t.equal(fetched.length, 4);
});
