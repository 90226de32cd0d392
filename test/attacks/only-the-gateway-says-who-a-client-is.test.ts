// A service behind the gateway believes the identity headers, and so nobody else may send them: not in any spelling that a
// service may fold to the same name, and not where no certificate is read (design rule 6).

import t from 'tap';
import { rowsOf } from '../kit/attack-topics.ts';
import { runAttacks } from '../kit/attacks.ts';

runAttacks(t, rowsOf('header-names'));
