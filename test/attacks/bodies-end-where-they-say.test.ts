// A body ends where its head or its chunks say (RFC 9112 7.1): what is broken is never passed on as whole, and what looks
// like a request inside of one is none.

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('bodies'));
