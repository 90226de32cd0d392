// Request lines, methods and fields that some readers take and others do not (RFC 9112 2.2, 3, 5), and heads that are too
// large.

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('request-lines'));
