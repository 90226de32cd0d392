// Host must be there once and be plainly a name or an address, of the site that the connection was made to (RFC 9110 7.4,
// RFC 9112 3.2). What is accepted reaches the upstream in one spelling.

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('hosts'));
