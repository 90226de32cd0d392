// RFC 9112 6: who reads a length otherwise than the next reader smuggles a request past it. Most rows carry a request for
// /admin where a smuggled one would stand.

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('framing'));
