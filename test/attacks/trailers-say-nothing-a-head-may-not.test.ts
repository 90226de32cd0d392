// A recipient may merge trailers into the head (RFC 9110 6.5.1): what a client may not say there it may not say here.

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('trailers'));
