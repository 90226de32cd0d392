import t from 'tap';
import { makeKey, makeRoot, PURPOSE } from '../../kit/pki.ts';
import { accepts, ask, askChain, DAY_MS, NOW, refuses } from './ask.ts';

const root = makeRoot();
const intermediate = root.intermediate();

t.test('a wrong signature', async (t) => {
  const leaf = intermediate.client();
  accepts(t, askChain(leaf), [leaf, intermediate, root], 'a right one');
  const forged = intermediate.client({ signWith: makeKey('ec') });
  refuses(t, askChain(forged), ['certificate-invalid', 'signature', forged], 'at the leaf');
  const otherKind = intermediate.client({ signWith: makeKey('ed25519') });
  refuses(t, askChain(otherKind), ['certificate-invalid', 'signature', otherKind], 'by a key of another kind');
  const forgedAuthority = root.intermediate({ signWith: makeKey('ec') });
  refuses(t, askChain(forgedAuthority.client()), ['certificate-invalid', 'signature', forgedAuthority], 'above it');
});

t.test('an authority of the same name, and of the same key identifier', async (t) => {
  for (const subjectKeyId of [undefined, root.keyId]) {
    const fake = makeRoot(subjectKeyId === undefined ? {} : { subjectKeyId });
    const leaf = fake.client();
    refuses(
      t,
      ask({ leaf, presented: [fake], anchors: [root] }),
      ['certificate-invalid', 'signature'],
      'its client is refused',
    );
    const genuine = root.client();
    accepts(t, ask({ leaf: genuine, presented: [fake], anchors: [root] }), [genuine, root], 'a real client is not');
  }
});

t.test('strangers', async (t) => {
  const stranger = makeRoot({ name: 'Stranger' });
  const leaf = stranger.intermediate({ cn: 'Stranger Intermediate' }).client();
  accepts(t, askChain(leaf), [leaf, ...leaf.issuers], 'accepted where it belongs');
  const presented = leaf.issuers;
  refuses(t, ask({ leaf, presented, anchors: [root] }), ['certificate-untrusted', 'issuer', stranger], 'with its root');
  refuses(t, ask({ leaf, anchors: [root] }), ['certificate-untrusted', 'issuer', leaf], 'alone');
  refuses(t, ask({ leaf, anchors: [] }), ['certificate-untrusted', 'issuer', leaf], 'without any anchor');
  const selfMade = makeRoot({ name: 'admin', ca: false, keyUsage: ['digitalSignature'] });
  refuses(t, ask({ leaf: selfMade, anchors: [root] }), ['certificate-untrusted', 'issuer', selfMade], 'self-signed');
});

t.test('"expired" and "wrong usage" are said of real clients only', async (t) => {
  const old = { notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS };
  const real = root.client(old);
  refuses(t, ask({ leaf: real, anchors: [root] }), ['certificate-expired', 'validity', real], 'a real one');
  const forged = makeRoot().client(old);
  refuses(t, ask({ leaf: forged, anchors: [root] }), ['certificate-invalid', 'signature', forged], 'a forged one');
  const strange = makeRoot({ name: 'Stranger' }).client({ ...old, eku: [PURPOSE.serverAuth] });
  refuses(t, ask({ leaf: strange, anchors: [root] }), ['certificate-untrusted', 'issuer', strange], 'a stranger');
});
