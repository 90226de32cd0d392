import { randomBytes } from 'node:crypto';
import t from 'tap';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';

const KEY = randomBytes(32).toString('hex');

t.test('sound forms', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  const load = (sections: Readonly<Record<string, string>>) => {
    folder.write('portcullis.yaml', configurationText(sections));
    return folder.load();
  };
  const { configuration: plain } = await load({});
  t.match(plain?.settings.tickets, { enabled: true, lifetime: 300_000, rotation: 28_800_000, keyFile: undefined });
  t.equal(plain?.ticketSecret, undefined);
  folder.write('tickets.key', `${KEY}\n`);
  const { configuration, problems } = await load({ tickets: '{ keyFile: tickets.key, lifetime: 1m, rotation: 1d }' });
  t.strictSame(problems, []);
  t.match(configuration?.settings.tickets, { lifetime: 60_000, rotation: 86_400_000 });
  t.strictSame(configuration?.ticketSecret, Buffer.from(KEY, 'hex'));
  t.ok(configuration?.files.some((file) => file.endsWith('tickets.key')));
});

t.test('unsound ones', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ tickets: '{ keyFile: tickets.key }' }));
  for (const [name, content, message] of [
    ['two keys', `${KEY}\n${KEY}\n`, '2 keys, at most 1 is taken'],
    ['a short one', `${KEY.slice(2)}\n`, 'the key has 31 bytes, expected at least 32'],
    ['one cut off', KEY.slice(1), 'the key has an odd number of hexadecimal digits: one is missing'],
    ['none', '\n', 'the file holds no key'],
    ['nothing', '', 'the file is empty'],
    ['other text', 'not a key!\n', 'the key is neither hexadecimal nor base64'],
  ] as const) {
    folder.write('tickets.key', content);
    const { configuration, problems } = await folder.load();
    t.equal(configuration, undefined, name);
    t.match(problems, [{ severity: 'error', path: 'tickets.keyFile', message }], name);
    t.notMatch(JSON.stringify(problems), new RegExp(KEY.slice(2, 20)), 'not a word of the key');
  }
  folder.write('tickets.key', `${KEY}\n`);
  t.notSame((await folder.load()).configuration, undefined);
  folder.write('tickets.key', `${KEY}\n`, 0o644);
  const { configuration, problems } = await folder.load();
  t.equal(configuration, undefined);
  t.match(problems, [{ path: 'tickets.keyFile', message: 'the file is readable by everyone', remedy: /chmod/ }]);
  folder.write('tickets.key', `${KEY}\n`);
  for (const tickets of [
    '{ lifetime: 500ms }',
    '{ lifetime: 2d }',
    '{ rotation: 0s }',
    '{ enabled: 1 }',
    '{ key: a }',
  ]) {
    folder.write('portcullis.yaml', configurationText({ tickets }));
    t.equal((await folder.load()).configuration, undefined, tickets);
  }
});
