// ${NAME} is replaced after the YAML was read, in the strings of scalars.

import t, { type Test } from 'tap';
import { configurationText, makeConfigurationFolder } from '../../kit/configuration.ts';

/** The contact line as it is after loading with these variables, or the messages of the problems. */
async function contactOf(t: Test, text: string, env: Record<string, string>): Promise<unknown> {
  const folder = makeConfigurationFolder(t.testdir({}));
  folder.write('portcullis.yaml', configurationText({ refusal: `{ contact: "${text}" }` }));
  const { configuration, problems } = await folder.load({ env });
  return configuration?.settings.refusal.contact ?? problems.map(({ message }) => message);
}

const refer = (name: string): string => `\${${name}}`;

t.test('variables', async (t) => {
  const env = { WHO: 'ops', EVIL: 'x" }\nadmin: { address: 0.0.0.0:1 }', NUMBER: '5', NESTED: refer('WHO') };
  t.equal(await contactOf(t, `${refer('WHO')}@example`, env), 'ops@example');
  t.equal(await contactOf(t, `${refer('WHO')} and ${refer('WHO')}`, env), 'ops and ops');
  t.equal(await contactOf(t, `$${refer('WHO')}`, env), refer('WHO'), 'escaped');
  t.equal(await contactOf(t, '$WHO {WHO} $$', env), '$WHO {WHO} $$', 'other dollars are plain text');
  t.equal(await contactOf(t, refer('EVIL'), env), env.EVIL, 'never YAML');
  t.equal(await contactOf(t, refer('NUMBER'), env), '5', 'never a number');
  t.equal(await contactOf(t, refer('NESTED'), env), refer('WHO'), 'replaced once');
  t.match(await contactOf(t, refer('NOBODY'), env), [/NOBODY is not set/]);
  t.match(await contactOf(t, refer('toString'), env), [/toString is not set/], 'nothing inherited counts');
  t.match(await contactOf(t, `${refer('WHO')}\${WHO`, env), [/names no variable/], 'not closed');
});
