// Reloads, Redis and a service killed and back, and a restart on systemd's sockets, all under load: no request is lost. The
// same at length: `npm run bench:zero-loss`.

import t from 'tap';
import { runZeroLoss } from '../kit/zero-loss.ts';

t.test('under load', (t) => runZeroLoss(t, { reloads: 4, restarts: 1, answers: 10 }));
