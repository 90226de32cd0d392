import t from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { accepts, ask, refuses } from './ask.ts';
import { extensionsOf, GOLD, SILVER } from './policy-paths.ts';

/** One authority with two certificates: a path under one policy and a path under the other. */
function twoPaths() {
  const root = makeRoot();
  const silver = root.intermediate({ cn: 'Authority', extensions: extensionsOf({ policies: [SILVER] }) });
  const { key } = silver;
  const gold = root.intermediate({ cn: 'Authority', key, extensions: extensionsOf({ policies: [GOLD] }) });
  return { root, silver, gold, leaf: silver.client({ extensions: extensionsOf({ policies: [GOLD, SILVER] }) }) };
}

t.test('a path under the wrong policy is left for a better one', async (t) => {
  const { root, silver, gold, leaf } = twoPaths();
  const question = { leaf, anchors: [root] };
  for (const presented of [
    [silver, gold],
    [gold, silver],
  ]) {
    accepts(t, ask({ ...question, presented, options: { policies: [GOLD] } }), [leaf, gold, root], 'gold');
    accepts(t, ask({ ...question, presented, options: { policies: [SILVER] } }), [leaf, silver, root], 'silver');
  }
  refuses(
    t,
    ask({ ...question, presented: [silver], options: { policies: [GOLD] } }),
    ['certificate-invalid', 'policies'],
    'there is no better one',
  );
});

t.test('critical or not, what a path says of policies counts', async (t) => {
  const root = makeRoot();
  for (const critical of [true, false]) {
    const demanding = extensionsOf({ policies: [GOLD], requireExplicitPolicy: 0 });
    const authority = root.intermediate({ extensions: demanding.map((extension) => ({ ...extension, critical })) });
    const presented = [authority];
    const gold = extensionsOf({ policies: [GOLD] }).map((extension) => ({ ...extension, critical }));
    const good = authority.client({ extensions: gold });
    accepts(t, ask({ leaf: good, presented, anchors: [root] }), [good, authority, root], `has one, ${critical}`);
    const bad = authority.client();
    refuses(t, ask({ leaf: bad, presented, anchors: [root] }), ['certificate-invalid', 'policies'], 'has none');
  }
});
