// Another process builds the same configuration from what was read, whatever has become of the files.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { replay } from '../../../src/config/files/disk.ts';
import { type LoadInput, loadConfiguration } from '../../../src/config/load.ts';
import { makeFolder, makePki, writeConfiguration } from '../../kit/gateway.ts';

const YAML = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]\n';
const input: LoadInput = { env: {}, now: Date.now() };

t.test('with files that are gone', async (t) => {
  const folder = makeFolder(t);
  const yaml = `workers: 2\ninclude: [more/*.yaml]\n${YAML}`;
  const file = writeConfiguration(folder, makePki(), {
    upstreamPort: 9000,
    yaml,
    revocation: '{ mode: hard, crl: [ca.crl] }',
  });
  const first = await loadConfiguration(file, input);
  if (!first.ok) throw new Error(JSON.stringify(first.problems));
  const { recording = new Map(), settings } = first.configuration;
  rmSync(folder, { recursive: true });
  t.equal((await loadConfiguration(file, input)).ok, false, 'they are gone');
  for (const _ of [1, 2]) {
    const again = await loadConfiguration(file, { ...input, from: replay(structuredClone(recording)) });
    if (!again.ok) throw new Error(JSON.stringify(again.problems));
    t.strictSame(again.configuration.settings, settings);
    t.equal(again.configuration.serverCertificates[0]?.keyPem, first.configuration.serverCertificates[0]?.keyPem);
    t.equal(again.configuration.trustStores.get('corporate')?.crls.length, 2);
    t.equal(again.configuration.recording, undefined, 'which keeps nothing for others');
    t.strictSame(again.warnings, first.warnings);
  }
});

t.test('what could not be read cannot be read elsewhere either', async (t) => {
  const folder = makeFolder(t);
  const file = writeConfiguration(folder, makePki(), { upstreamPort: 9000, yaml: `workers: 2\n${YAML}` });
  const result = await loadConfiguration(file, input);
  const recording = (result.ok && result.configuration.recording) || new Map();
  t.ok(recording.size > 0);
  writeFileSync(join(folder, 'later.pem'), 'later');
  await t.rejects(replay(recording).read(join(folder, 'later.pem')), { code: 'ENOENT' });
});

t.test('with one process nothing is kept', async (t) => {
  const file = writeConfiguration(makeFolder(t), makePki(), { upstreamPort: 9000, yaml: YAML });
  t.match(await loadConfiguration(file, input), { ok: true, configuration: { recording: undefined } });
  const kept = await loadConfiguration(file, { ...input, keepFiles: true });
  t.ok(kept.ok && kept.configuration.recording !== undefined, 'but where it is for processes that there are');
});
