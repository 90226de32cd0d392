import t from 'tap';
import { nextDateChange } from '../../../src/validation/date-change.ts';
import { type CertificateOptions, makeRoot, PURPOSE } from '../../kit/pki.ts';
import { accepts, askChain, DAY_MS, NOW, refuses } from './ask.ts';

const PLACES = ['leaf', 'intermediate', 'root'] as const;

function makeChain(dates: Partial<Record<(typeof PLACES)[number], CertificateOptions>> = {}) {
  const root = makeRoot(dates.root);
  const intermediate = root.intermediate(dates.intermediate);
  return { root, intermediate, leaf: intermediate.client(dates.leaf) };
}

t.test('a path within its dates is accepted', async (t) => {
  const { root, intermediate, leaf } = makeChain();
  accepts(t, askChain(leaf), [leaf, intermediate, root], 'accepted');
});

for (const place of PLACES) {
  t.test(`an expired ${place} refuses`, async (t) => {
    const chain = makeChain({ [place]: { notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS } });
    refuses(t, askChain(chain.leaf), ['certificate-expired', 'validity', chain[place]], 'expired');
  });

  t.test(`a ${place} of the future refuses`, async (t) => {
    const chain = makeChain({ [place]: { notBefore: NOW + DAY_MS, notAfter: NOW + 2 * DAY_MS } });
    refuses(t, askChain(chain.leaf), ['certificate-not-yet-valid', 'validity', chain[place]], 'not yet valid');
  });
}

t.test('both ends are inclusive, and the last second is a whole one', async (t) => {
  const { root, intermediate, leaf } = makeChain({ leaf: { notBefore: NOW, notAfter: NOW + 60_000 } });
  const path = [leaf, intermediate, root];
  accepts(t, askChain(leaf, { at: NOW }), path, 'at notBefore');
  accepts(t, askChain(leaf, { at: NOW + 60_999 }), path, 'in the second of notAfter');
  refuses(t, askChain(leaf, { at: NOW - 1 }), ['certificate-not-yet-valid', 'validity', leaf], 'before notBefore');
  refuses(t, askChain(leaf, { at: NOW + 61_000 }), ['certificate-expired', 'validity', leaf], 'after notAfter');
});

t.test('skew widens both ends', async (t) => {
  const { root, intermediate, leaf } = makeChain({ leaf: { notBefore: NOW, notAfter: NOW + 60_000 } });
  const path = [leaf, intermediate, root];
  const options = { skew: 5000 };
  accepts(t, askChain(leaf, { at: NOW - 5000, options }), path, 'before notBefore');
  accepts(t, askChain(leaf, { at: NOW + 65_999, options }), path, 'after notAfter');
  refuses(t, askChain(leaf, { at: NOW - 5001, options }), ['certificate-not-yet-valid', 'validity'], 'too early');
  refuses(t, askChain(leaf, { at: NOW + 66_000, options }), ['certificate-expired', 'validity'], 'too late');
});

t.test('what is wrong with dates is told before what is wrong with usage', async (t) => {
  const { leaf } = makeChain({
    leaf: { notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS, eku: [PURPOSE.serverAuth] },
  });
  refuses(t, askChain(leaf), ['certificate-expired', 'validity', leaf], 'expired');
});

t.test('the next change of dates', async (t) => {
  const { root, intermediate, leaf } = makeChain({
    root: { notBefore: NOW - DAY_MS, notAfter: NOW + 3 * DAY_MS },
    intermediate: { notBefore: NOW - DAY_MS, notAfter: NOW + DAY_MS },
    leaf: { notBefore: NOW - DAY_MS, notAfter: NOW + 2 * DAY_MS },
  });
  const path = [leaf.facts, intermediate.facts, root.facts];
  const end = nextDateChange(path, NOW, 0);
  t.equal(end, NOW + DAY_MS + 1000, 'a valid path ends when its first certificate does');
  accepts(t, askChain(leaf, { at: end - 1 }), [leaf, intermediate, root], 'it holds until then');
  refuses(t, askChain(leaf, { at: end }), ['certificate-expired', 'validity', intermediate], 'and no longer');
  t.equal(nextDateChange(path, NOW - 2 * DAY_MS, 0), NOW - DAY_MS, 'before its dates, when it begins');
  t.equal(nextDateChange(path, NOW, 500), NOW + DAY_MS + 1500, 'skew moves it');
  t.equal(nextDateChange(path, NOW + 9 * DAY_MS, 0), Infinity, 'when all is over, nothing changes any more');
});
