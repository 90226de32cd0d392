import t from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { accepts, ask, refuses } from './ask.ts';

const root = makeRoot();
const outer = root.intermediate({ cn: 'Outer' });
const inner = outer.intermediate({ cn: 'Inner' });
const leaf = inner.client();
const path = [leaf, inner, outer, root];
const anchors = [root];

t.test('order and repetition', async (t) => {
  accepts(t, ask({ leaf, presented: [inner, outer], anchors }), path, 'in order');
  accepts(t, ask({ leaf, presented: [outer, inner], anchors }), path, 'reversed');
  accepts(t, ask({ leaf, presented: [inner, outer, root], anchors }), path, 'with the root');
  accepts(t, ask({ leaf, presented: [leaf, inner, inner, outer, leaf, outer], anchors }), path, 'repeated');
  accepts(
    t,
    ask({ leaf, presented: [outer], intermediates: [inner], anchors }),
    path,
    'one of them in the trust store',
  );
  accepts(t, ask({ leaf, intermediates: [inner, outer], anchors }), path, 'all of them in the trust store');
  refuses(
    t,
    ask({ leaf, presented: [outer], anchors }),
    ['certificate-untrusted', 'issuer', leaf],
    'one of them missing',
  );
  refuses(
    t,
    ask({ leaf, presented: [inner], anchors }),
    ['certificate-untrusted', 'issuer', inner],
    'the other missing',
  );
});

t.test('30 certificates of others', async (t) => {
  const stranger = makeRoot({ name: 'Stranger' });
  const junk = [
    stranger,
    root.client({ cn: 'victim' }),
    root.client({ cn: 'Inner' }),
    makeRoot({ name: 'Inner' }),
    makeRoot({ name: 'Outer', subjectKeyId: outer.keyId }),
    ...Array.from({ length: 25 }, (_, index) => stranger.client({ cn: `junk ${index}` })),
  ];
  const options = { maxPresented: 64 };
  accepts(t, ask({ leaf, presented: [...junk, outer, inner], anchors, options }), path, 'in front');
  accepts(t, ask({ leaf, presented: [inner, outer, ...junk.reverse()], anchors, options }), path, 'behind');
  const result = ask({ leaf: makeRoot({ name: 'X' }), presented: [leaf, inner, outer], anchors });
  refuses(t, result, ['certificate-untrusted', 'issuer'], 'a good chain behind a bad leaf does not help it');
});

t.test('more than is read', async (t) => {
  const presented = [inner, outer, ...Array.from({ length: 14 }, () => leaf)];
  accepts(t, ask({ leaf, presented, anchors }), path, 'as many as allowed');
  const result = ask({ leaf, presented: [...presented, leaf], anchors });
  refuses(t, result, ['certificate-invalid', 'presented-limit'], 'one more');
});
