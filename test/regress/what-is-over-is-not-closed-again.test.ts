// An exchange that came to its own end while it was judged again: the log and a metric told that it was closed because it
// would no longer be allowed.

import t from 'tap';
import { createOpenExchanges, type OpenExchange } from '../../src/gate/open-exchanges.ts';
import type { GateRuntime } from '../../src/gate/runtime.ts';
import type { Evidence } from '../../src/model/evidence.ts';

/** Its host is none, so that every judgement refuses it. */
const ASKED = { host: '', url: '/', webSocket: false, origins: [] };
const RUNTIME = { generation: 2 } as GateRuntime;

for (const isOver of [false, true]) {
  t.test(isOver ? 'over: nothing is closed' : 'open: it is closed', async (t) => {
    const open = createOpenExchanges();
    const closed: string[] = [];
    const make = (name: string): OpenExchange => ({
      evidence: {} as Evidence,
      asked: ASKED,
      account: undefined,
      generation: 1,
      validUntil: Number.POSITIVE_INFINITY,
      close: () => closed.push(name),
    });
    const exchanges = ['first', 'second', 'third'].map(make);
    for (const exchange of exchanges) open.add(exchange);
    const judged = open.rejudge(RUNTIME, 0);
    if (isOver) for (const exchange of exchanges) open.remove(exchange);
    await judged;
    t.strictSame(closed, isOver ? [] : ['first', 'second', 'third']);
    t.equal(open.size, isOver ? 0 : 3);
  });
}
