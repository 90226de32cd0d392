// What the tables say apart from any syntax holds by HTTP/2 as well.

import t from 'tap';
import { TOPICS } from '../kit/attack-rows.ts';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacksByHttp2 } from '../kit/attacks-http2.ts';

for (const topic of TOPICS) t.test(topic, async (t) => runAttacksByHttp2(t, rowsOf(topic)));
