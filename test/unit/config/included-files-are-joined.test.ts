// Lists are appended, maps are joined; problems and file names belong to the file that says them.

import t from 'tap';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';

const include = '[sites/*.yaml]';

t.test('lists and maps of all files count', async (t) => {
  const place = t.testdir({});
  const folder = makeConfigurationFolder(place);
  folder.write('portcullis.yaml', configurationText({ include }));
  folder.write(
    'sites/a.yaml',
    'upstreams: { a: { url: "http://127.0.0.1:1" } }\nsites: [{ hosts: ["*"], trust: own, upstream: a }]\n' +
      'trust: { own: { anchors: [own.pem], revocation: { mode: "off" } } }\n',
  );
  folder.write('sites/own.pem', folder.root.pem);
  folder.write('sites/not-included.txt', 'x');
  const { configuration, problems } = await folder.load();
  t.strictSame(problems, []);
  t.strictSame(
    configuration?.settings.sites.map(({ hosts }) => hosts),
    [['localhost'], ['*']],
  );
  t.strictSame(Object.keys(configuration?.settings.upstreams ?? {}), ['echo', 'a']);
  t.ok(configuration?.trustStores.has('own'), 'files are relative to the included file');
  t.ok(configuration?.files.includes(`${place}/sites/a.yaml`));
});

t.test('problems name the included file and its line', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ include }));
  folder.write('sites/a.yaml', 'sites:\n  - { hosts: [a.example], trust: nobody, upstream: echo }\n');
  const { problems } = await folder.load();
  const wanted = { file: 'sites/a.yaml', line: 2, column: 34, path: 'sites[1].trust', message: /no trust store/ };
  t.match(problems[0], wanted);
});

t.test('what belongs to the main file alone is refused elsewhere', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ include }));
  folder.write('sites/a.yaml', 'version: 1\ninclude: [b.yaml]\n');
  const { problems } = await folder.load();
  t.strictSame(
    problems.map(({ file, line, path }) => [file, line, path]),
    [
      ['sites/a.yaml', 1, 'version'],
      ['sites/a.yaml', 2, 'include'],
    ],
  );
});

t.test('the YAML of every file is read before anything else is said', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ include }));
  folder.write('sites/a.yaml', 'sites: [\n');
  folder.write('sites/b.yaml', '');
  folder.write('sites/c.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xff]));
  const { problems } = await folder.load();
  t.strictSame(
    problems.map(({ file }) => file),
    ['sites/a.yaml', 'sites/b.yaml', 'sites/c.yaml'],
  );
  t.match(problems[2]?.message, /UTF-8/);
});

t.test('the name of an included file may come from the environment', async (t) => {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ include: `["\${${'SITES'}}/*.yaml"]` }));
  folder.write('sites/a.yaml', 'upstreams: { a: { url: "http://127.0.0.1:1" } }\n');
  const { configuration } = await folder.load({ env: { SITES: 'sites' } });
  t.ok(configuration?.settings.upstreams.a);
});

t.test('a missing main file is one problem', async (t) => {
  const place = t.testdir({});
  const folder = makeConfigurationFolder(`${place}/elsewhere`);
  folder.write('../portcullis.yaml', 'x');
  folder.write('portcullis.yaml', '');
  t.match((await folder.load()).problems, [{ message: 'the file is empty' }]);
});
