import t from 'tap';
import { makeKey, makeRoot, type TestCertificate } from '../../kit/pki.ts';
import { accepts, ask, askChain, DAY_MS, NOW, refuses } from './ask.ts';

t.test('cross-signed authorities', async (t) => {
  const key = makeKey('ec');
  const root = makeRoot({ name: 'Ours' });
  const stranger = makeRoot({ name: 'Stranger' });
  const viaStranger = stranger.intermediate({ cn: 'Shared', key });
  const viaOurs = root.intermediate({ cn: 'Shared', key });
  const leaf = viaStranger.client();
  for (const presented of [
    [viaStranger, stranger, viaOurs],
    [viaOurs, viaStranger, stranger],
  ]) {
    accepts(t, ask({ leaf, presented, anchors: [root] }), [leaf, viaOurs, root], 'the branch to our anchor is found');
  }
  const presented = [viaStranger, stranger];
  const result = ask({ leaf, presented, anchors: [root] });
  refuses(t, result, ['certificate-untrusted', 'issuer', stranger], 'without it there is none');
});

t.test('a renewed anchor of the same name and key', async (t) => {
  const key = makeKey('ec');
  const expired = makeRoot({ key, notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const renewed = makeRoot({ key });
  const leaf = expired.client();
  accepts(
    t,
    ask({ leaf, anchors: [expired, renewed] }),
    [leaf, renewed],
    'the renewed one is found behind the expired',
  );
  refuses(t, ask({ leaf, anchors: [expired] }), ['certificate-expired', 'validity', expired], 'alone it refuses');
});

t.test('an expired anchor whose key another root has signed', async (t) => {
  const key = makeKey('ec');
  const expired = makeRoot({ name: 'Old', key, notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const root = makeRoot({ name: 'New' });
  const cross = root.intermediate({ cn: 'Old', key });
  const leaf = expired.client();
  const result = ask({ leaf, presented: [cross], anchors: [expired, root] });
  accepts(t, result, [leaf, cross, root], 'the longer way is found');
});

t.test('the shortest path is taken', async (t) => {
  const key = makeKey('ec');
  const root = makeRoot({ name: 'Ours', key });
  const other = makeRoot({ name: 'Other' });
  const cross = other.intermediate({ cn: 'Ours', key });
  const leaf = root.client();
  accepts(t, ask({ leaf, presented: [cross], anchors: [other] }), [leaf, cross, other], 'the longer one is good');
  accepts(t, ask({ leaf, presented: [cross], anchors: [other, root] }), [leaf, root], 'an anchor goes first');
});

t.test('what is wrong with the leaf itself ends the search', async (t) => {
  const key = makeKey('ec');
  const anchors = [makeRoot({ key }), makeRoot({ key })];
  const dates = { notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS };
  const leaf = (anchors[0] as TestCertificate).client(dates);
  const result = ask({ leaf, anchors, options: { maxSignatureChecks: 1 } });
  refuses(t, result, ['certificate-expired', 'validity', leaf], 'no second way is tried');
});

t.test('namesakes of the issuer with other keys', async (t) => {
  const root = makeRoot();
  const namesakes = Array.from({ length: 5 }, () => root.intermediate({ authorityKeyId: null, subjectKeyId: null }));
  const last = namesakes[4] as TestCertificate;
  const leaf = last.client({ authorityKeyId: null });
  accepts(t, ask({ leaf, presented: namesakes, anchors: [root] }), [leaf, last, root], 'the right one is found');
});

t.test('of several failures the most telling is reported', async (t) => {
  const key = makeKey('ec');
  const root = makeRoot();
  const expired = root.intermediate({ key, notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const noAuthority = root.intermediate({ key, ca: false });
  const leaf = expired.client();
  for (const presented of [
    [expired, noAuthority],
    [noAuthority, expired],
  ]) {
    const result = ask({ leaf, presented, anchors: [root] });
    refuses(t, result, ['certificate-expired', 'validity', expired], 'expired before no authority');
  }
});

/** Authorities of which each has signed all the others. */
function makeMesh(size: number): TestCertificate[] {
  const roots = Array.from({ length: size }, (_, index) => makeRoot({ name: `Mesh ${index}` }));
  return roots.flatMap((issuer, from) =>
    roots.flatMap(({ key }, to) => (from === to ? [] : [issuer.intermediate({ cn: `Mesh ${to}`, key })])),
  );
}

t.test('loops of authorities', async (t) => {
  const mesh = makeMesh(2);
  const leaf = (mesh[0] as TestCertificate).client();
  const anchors = [makeRoot()];
  refuses(
    t,
    ask({ leaf, presented: mesh, anchors }),
    ['certificate-untrusted', 'issuer'],
    'a small one is walked through',
  );
});

t.test('a signature costs once, however often the search comes by', async (t) => {
  const mesh = makeMesh(5);
  const leaf = (mesh[0] as TestCertificate).client();
  const question = { leaf, presented: mesh, anchors: [makeRoot()] };
  // The leaf's, and those of all but the four that the leaf's own issuer has signed: it cannot be above itself.
  const signatures = 1 + mesh.length - 4;
  const whole = ask({ ...question, options: { maxPresented: 64, maxSignatureChecks: signatures } });
  refuses(t, whole, ['certificate-untrusted', 'issuer'], 'all ways are tried with one check for each certificate');
  const cut = ask({ ...question, options: { maxPresented: 64, maxSignatureChecks: signatures - 1 } });
  refuses(t, cut, ['certificate-invalid', 'budget'], 'with one less they are not');
});

t.test('a mesh of authorities ends with the budget of issuers', async (t) => {
  const mesh = makeMesh(7);
  const root = makeRoot();
  const leaf = (mesh[0] as TestCertificate).client();
  const options = { maxPresented: 64, maxIssuerTries: 500 };
  const result = ask({ leaf, presented: mesh, anchors: [root], options });
  refuses(t, result, ['certificate-invalid', 'budget'], 'too many ways');
  const known = root.intermediate({ cn: 'Mesh 1', key: leaf.issuers[0]?.key ?? root.key });
  accepts(
    t,
    ask({ leaf, presented: [...mesh, known], anchors: [root], options }),
    [leaf, known, root],
    'one that leads to an anchor goes first',
  );
});

/** Layers of authorities, each signed by all of the layer above; the uppermost are roots. */
function makeLadder(depth: number): {
  leaf: TestCertificate;
  certificates: TestCertificate[];
  anchor: TestCertificate;
} {
  const certificates: TestCertificate[] = [];
  const anchor = makeRoot({ name: 'Left 0' });
  let above = [anchor, makeRoot({ name: 'Right 0' })];
  for (let step = 1; step <= depth; step++) {
    const layer = ['Left', 'Right'].map((side) => {
      const key = makeKey('ec');
      return above.map((issuer) => issuer.intermediate({ cn: `${side} ${step}`, key }));
    });
    certificates.push(...layer.flat());
    above = layer.map(([first]) => first as TestCertificate);
  }
  return { leaf: (above[1] as TestCertificate).client(), certificates: certificates.toReversed(), anchor };
}

t.test('authorities that sign each other across', async (t) => {
  const { leaf, certificates, anchor } = makeLadder(8);
  const question = { leaf, presented: certificates, options: { maxPresented: 64 } };
  const found = ask({ ...question, anchors: [anchor] });
  t.equal(found.ok && found.path.length, 10, 'a way is found among 512');
  const stranger = makeRoot({ name: 'Stranger' });
  refuses(t, ask({ ...question, anchors: [stranger] }), ['certificate-untrusted', 'issuer'], 'or that there is none');
});

t.test('issuers within their dates go first', async (t) => {
  const key = makeKey('ec');
  const root = makeRoot();
  const expired = root.intermediate({ key, notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const renewed = root.intermediate({ key });
  const leaf = expired.client();
  for (const presented of [
    [expired, renewed],
    [renewed, expired],
  ]) {
    const result = ask({ leaf, presented, anchors: [root], options: { maxIssuerTries: 2 } });
    accepts(t, result, [leaf, renewed, root], 'two tries are enough');
  }
});

t.test('the budget is for signatures of one verdict', async (t) => {
  const leaf = makeRoot().intermediate({ cn: 'A' }).intermediate({ cn: 'B' }).intermediate({ cn: 'C' }).client();
  accepts(t, askChain(leaf, { options: { maxSignatureChecks: 4 } }), [leaf, ...leaf.issuers], 'just enough');
  const result = askChain(leaf, { options: { maxSignatureChecks: 3 } });
  refuses(t, result, ['certificate-invalid', 'budget'], 'one too few');
  const expired = makeRoot({ notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const question = { leaf: expired.client(), anchors: [expired, makeRoot()] };
  refuses(t, ask(question), ['certificate-expired', 'validity', expired], 'the namesake has another key');
  const cut = ask({ ...question, options: { maxSignatureChecks: 1 } });
  refuses(t, cut, ['certificate-invalid', 'budget'], 'told before what was found on the way: not all was tried');
});

t.test('the longest path', async (t) => {
  const leaf = makeRoot().intermediate({ cn: 'A' }).intermediate({ cn: 'B' }).client();
  accepts(t, askChain(leaf, { options: { maxPathLength: 4 } }), [leaf, ...leaf.issuers], 'leaf and anchor included');
  const result = askChain(leaf, { options: { maxPathLength: 3 } });
  refuses(t, result, ['certificate-invalid', 'path-limit'], 'one too long');
});
