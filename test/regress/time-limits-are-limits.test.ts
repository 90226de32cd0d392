// A time limit of 0 meant none to some timers and at once to others; one over 24 days fires at once in Node; and a head that
// may take longer than its request made Node throw a RangeError at the start.

import t from 'tap';
import { configurationText, makeConfigurationFolder } from '../kit/configuration.ts';

const UPSTREAM = (timeouts: string) => `{ echo: { url: "http://127.0.0.1:9000", timeouts: ${timeouts} } }`;

t.test('check refuses what is none', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  const load = async (parts: Readonly<Record<string, string>>) => {
    folder.write('portcullis.yaml', configurationText(parts));
    return (await folder.load()).problems;
  };
  t.strictSame(await load({ timeouts: '{ handshake: 1ms, head: 24d, request: 24d, idle: 24d, drain: 1ms }' }), []);
  t.strictSame(await load({ upstreams: UPSTREAM('{ connect: 1ms, answer: 24d, idle: 24d, keepAlive: 1s }') }), []);

  const mistake = { severity: 'error', message: /expected a time limit from 1ms to 24d/, line: Number };
  for (const span of ['0s', '0ms', '25d', '999999999d']) {
    for (const key of ['handshake', 'head', 'request', 'idle', 'drain']) {
      const problems = await load({ timeouts: `{ ${key}: ${span} }` });
      t.match(problems, [{ ...mistake, path: `timeouts.${key}` }], `${key}: ${span}`);
      t.equal(problems.length, 1);
    }
    for (const key of ['connect', 'answer', 'idle', 'keepAlive']) {
      const problems = await load({ upstreams: UPSTREAM(`{ ${key}: ${span} }`) });
      t.match(problems, [{ ...mistake, path: `upstreams.echo.timeouts.${key}` }], `${key}: ${span}`);
    }
  }
});

t.test('a head may not take longer than its request', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  for (const [timeouts, isGood] of [
    ['{ head: 5s, request: 5s }', true],
    ['{ head: 5001ms, request: 5s }', false],
    ['{ request: 9s }', false],
    ['{ head: 6m }', false],
  ] as const) {
    folder.write('portcullis.yaml', configurationText({ timeouts }));
    const { problems } = await folder.load();
    const mistake = { severity: 'error', path: 'timeouts.head', message: /head/, remedy: /timeouts\.request/, line: 7 };
    if (isGood) t.strictSame(problems, [], timeouts);
    else t.match(problems, [mistake], timeouts);
  }
});
