// Policy and upstream see one and the same path (design rule 5): a request is refused, or its path reaches the upstream in
// its canonical form and under its rule. Plain requests and WebSocket handshakes alike.

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('paths'));
