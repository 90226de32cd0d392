// A folder of src imports only from folders of lower layers: never sideways, never up (design section 9).

import { posix } from 'node:path';
import t from 'tap';
import { importsOf, readSources, type Source } from './sources.ts';

const LAYERS: readonly (readonly string[])[] = [
  ['model'],
  ['x509'],
  ['validation', 'policy', 'headers', 'pki'],
  ['trust', 'revocation', 'directory', 'cache', 'token', 'authority', 'metrics', 'expiry', 'upstream', 'limits'],
  ['decision', 'config'],
  ['listener', 'gate', 'proxy', 'admin'],
  ['app'],
  ['cli'],
];

/** Sentences that name file and import; empty for a file that keeps to its layer. */
function findViolations(source: Source): string[] {
  const own = folderOf(source.file);
  if (layerOf(own) < 0) return [`${source.file} is in no folder that has a layer; add it to the design and to LAYERS`];
  return importsOf(source)
    .filter((name) => name.startsWith('.'))
    .flatMap((name) => {
      const target = posix.join(posix.dirname(source.file), name);
      const folder = folderOf(target);
      if (folder === own) return [];
      if (layerOf(folder) < 0) return [`${source.file} imports ${name}, which is in no folder of src that has a layer`];
      return layerOf(folder) < layerOf(own)
        ? []
        : [`${source.file} (layer ${layerOf(own)}) imports ${name} (layer ${layerOf(folder)}): import downwards only`];
    });
}

function folderOf(file: string): string {
  const [top, folder = ''] = file.split('/');
  return top === 'src' && file.split('/').length > 2 ? folder : '';
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((folders) => folders.includes(folder));
}

t.test('every import of src points down', async (t) => {
  const sources = readSources();
  t.ok(sources.length > 50, 'the files are found');
  t.strictSame(sources.flatMap(findViolations), []);
});

t.test('the scan finds what it is for', async (t) => {
  const violationsIn = (file: string, text: string) => findViolations({ file, text });
  t.strictSame(violationsIn('src/gate/a.ts', `import { x } from '../decision/b.ts';`), [], 'down is allowed');
  t.strictSame(violationsIn('src/cli/commands/a.ts', `import { x } from '../demo/b.ts';`), [], 'so is the own folder');
  const forms: readonly string[] = [
    `import { x } from '../proxy/b.ts';`,
    `import type { X } from '../proxy/b.ts';`,
    `import {\n  x,\n  type Y,\n} from '../proxy/b.ts';`,
    `import '../proxy/b.ts';`,
    `export { x } from '../proxy/b.ts';`,
    `const x = await import('../proxy/b.ts');`,
    `type X = import("../proxy/b.ts").X;`,
  ];
  for (const form of forms) t.equal(violationsIn('src/gate/a.ts', form).length, 1, `sideways: ${form}`);
  t.match(violationsIn('src/model/a.ts', `import { x } from '../cli/b.ts';`), [
    'src/model/a.ts (layer 0) imports ../cli/b.ts (layer 7): import downwards only',
  ]);
  t.equal(
    violationsIn('src/proxy/deep/a.ts', `import { x } from '../../gate/b.ts';`).length,
    1,
    'from a deeper folder',
  );
  t.equal(violationsIn('src/gate/a.ts', `import { x } from '../../test/kit/pki.ts';`).length, 1, 'out of src');
  t.equal(violationsIn('src/helpers/a.ts', '').length, 1, 'a folder without a layer');
});
