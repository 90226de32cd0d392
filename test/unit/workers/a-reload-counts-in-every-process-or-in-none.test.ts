// A reload of several processes: every one has built it before one of them takes it over.

import t from 'tap';
import { createReload } from '../../../src/app/workers/reload-all.ts';

interface Failing {
  readonly worker?: boolean;
  readonly renewal?: boolean;
}

/** What was done, in its order. */
function begin(failing: Failing = {}) {
  const done: string[] = [];
  const note =
    (what: string, fails = false) =>
    async () => {
      done.push(what);
      if (fails) throw new Error(`${what} failed`);
    };
  const settings = { listeners: [], limits: { connections: 10 }, timeouts: {}, workers: 2 };
  const configurationOf = (more: object) =>
    ({ file: 'a.yaml', recording: new Map(), settings: { ...settings, ...more } }) as never;
  const plan = { configuration: configurationOf({}), readAt: 1, begun: settings as never };
  const first = plan.configuration;
  const log = { debug() {}, info() {}, warn() {}, error: () => void done.push('error') };
  const reload = createReload({
    plan,
    clock: () => 2,
    log,
    gateway: {
      async prepare() {
        done.push('primary prepares');
        return {
          drop: note('primary drops'),
          async commit() {
            done.push('primary commits');
            return { needsRestart: ['limits', 'probes'] };
          },
        };
      },
    },
    crew: {
      inTurn: (work) => work(),
      prepare: note('workers prepare', failing.worker),
      settle: (decision) => note(`workers ${decision}`)(),
      renew: note('workers are renewed', failing.renewal),
    },
    shared: { replace: () => void done.push('keys turn') },
  });
  return { done, plan, first, reload: (more: object = {}) => reload(configurationOf(more)) };
}

t.test('what all have built is put in force', async (t) => {
  const { done, plan, first, reload } = begin();
  t.strictSame(await reload(), { needsRestart: ['probes'] }, 'what workers take over needs no restart');
  t.strictSame(done, ['primary prepares', 'workers prepare', 'primary commits', 'workers commit', 'keys turn']);
  t.not(plan.configuration, first, 'whoever begins later has it');
  t.equal(plan.readAt, 2);
});

t.test('what one of them cannot build is put in force nowhere', async (t) => {
  const { done, plan, first, reload } = begin({ worker: true });
  await t.rejects(reload(), /workers prepare failed/);
  t.strictSame(done, ['primary prepares', 'workers prepare', 'workers drop', 'primary drops']);
  t.equal(plan.configuration, first, 'nor has it who begins later');
  t.equal(plan.readAt, 1);
});

t.test('what workers begin with changes by others in their place', async (t) => {
  const { done, reload } = begin();
  await reload({ limits: { connections: 20 } });
  t.equal(done.at(-1), 'workers are renewed');
  done.length = 0;
  await reload({ limits: { connections: 20 } });
  t.notOk(done.includes('workers are renewed'), 'once');
});

t.test('where others cannot begin, the key is named, and tried again', async (t) => {
  const { done, plan, reload } = begin({ renewal: true });
  const begun = plan.begun;
  t.strictSame(await reload({ workers: 3 }), { needsRestart: ['workers', 'probes'] });
  t.equal(plan.begun, begun, 'who takes the place of a lost one begins as that one did');
  t.strictSame(done.slice(-2), ['workers are renewed', 'error']);
  t.strictSame(await reload({ workers: 3 }), { needsRestart: ['workers', 'probes'] });
});
