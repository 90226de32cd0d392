// Every .yaml of test/golden/config against the .txt beside it. UPDATE_GOLDEN=1 writes the texts anew, to be read in the diff.

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { formatProblems } from '../../../src/config/format-problems.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import { makeRoot } from '../../kit/pki.ts';

const golden = fileURLToPath(new URL('../../golden/config/', import.meta.url));
const folder = t.testdir({});
const root = makeRoot();
const server = root.server({ notAfter: Date.now() + 90 * 86_400_000 });
cpSync(golden, folder, { recursive: true });
writeFileSync(`${folder}/ca.pem`, root.pem);
writeFileSync(`${folder}/ca.crl`, root.crl().pem);
writeFileSync(`${folder}/other-ca.pem`, makeRoot({ name: 'Other Root' }).pem);
writeFileSync(`${folder}/server.pem`, server.chainPem);
writeFileSync(`${folder}/server.key`, server.keyPem, { mode: 0o600 });

const env = { CONTACT: 'secret-contact', LEVEL: 'secret-level', NUMBER: '17' };

for (const file of readdirSync(golden).filter((name) => name.endsWith('.yaml'))) {
  t.test(file, async (t) => {
    const result = await loadConfiguration(`${folder}/${file}`, { env, now: Date.now() });
    const problems = formatProblems(result.ok ? result.warnings : result.problems);
    const text = `${result.ok ? 'accepted' : 'refused'}\n\n${problems}`.replaceAll(`${folder}/`, '');
    const expected = `${golden}${file.replace(/yaml$/, 'txt')}`;
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(expected, text);
    t.equal(text, readFileSync(expected, 'utf8'));
    t.notMatch(text, /secret-/, 'values of the environment are not shown');
  });
}
