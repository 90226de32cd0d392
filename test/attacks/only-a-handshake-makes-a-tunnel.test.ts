// Only a plain WebSocket handshake of a page that may ask turns a connection into a tunnel. What else says `Upgrade` is a
// request like any other, or is refused (design rule 12, RFC 6455 4.1 and 10.2).

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('upgrades'));
