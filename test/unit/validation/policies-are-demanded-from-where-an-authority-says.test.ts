import t from 'tap';
import { chainOf, fails, GOLD, holds, NONE_HOLDS, type Statement } from './policy-paths.ts';

const gold = { policies: [GOLD] };

/** An authority that demands a policy after so many certificates, two authorities and a leaf; none of them has one. */
const after = (requireExplicitPolicy: number, second: Statement = {}) =>
  chainOf([{ ...gold, requireExplicitPolicy }, second, {}, {}]);

t.test('the count goes down with every certificate', async (t) => {
  holds(t, chainOf([{ ...gold, requireExplicitPolicy: 0 }, gold, gold, gold]), {}, 'all have one');
  holds(t, after(4), {}, 'longer than the path');
  for (const count of [0, 1, 2, 3]) fails(t, after(count), {}, NONE_HOLDS, `after ${count}`);
});

t.test('of the certificate that says it, a policy is not demanded at once', async (t) => {
  holds(t, chainOf([{}, { requireExplicitPolicy: 3 }, {}]), {}, 'it has none, nor has one below');
  fails(t, chainOf([{}, { requireExplicitPolicy: 0 }, {}]), {}, /down to CN=Authority 2$/, 'found at the next');
});

t.test('self-issued authorities do not count', async (t) => {
  fails(t, after(3), {}, NONE_HOLDS, 'three below');
  holds(t, after(3, { selfIssued: true }), {}, 'one of them self-issued');
  fails(t, after(2, { selfIssued: true }), {}, NONE_HOLDS, 'and the count one less');
});

t.test('an authority below may shorten the count and not lengthen it', async (t) => {
  holds(t, after(4, { requireExplicitPolicy: 9 }), {}, 'both too long');
  fails(t, after(4, { requireExplicitPolicy: 0 }), {}, NONE_HOLDS, 'shortened');
  fails(t, after(1, { requireExplicitPolicy: 9 }), {}, NONE_HOLDS, 'not lengthened');
});

t.test('a leaf may demand one for itself', async (t) => {
  holds(t, chainOf([gold, { ...gold, requireExplicitPolicy: 0 }]), {}, 'it has one');
  fails(t, chainOf([gold, { requireExplicitPolicy: 0 }]), {}, NONE_HOLDS, 'it has none');
  holds(t, chainOf([gold, { requireExplicitPolicy: 1 }]), {}, 'after it there is nothing');
});
