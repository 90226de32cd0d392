import t from 'tap';
import { makeKey, makeRoot, type TestCertificate, type TestExtension } from '../../kit/pki.ts';
import { accepts, ask, askChain, DAY_MS, NOW, refuses } from './ask.ts';
import { nameConstraints, names, type TestConstraints } from './name-constraints.ts';

/** An authority that has them. */
function constrained(cn: string, constraints: TestConstraints, more: readonly TestExtension[] = []) {
  return { cn, extensions: [nameConstraints(constraints), ...more] };
}

/** A client with a DNS name. */
function clientOf(issuer: TestCertificate, host: string) {
  return issuer.client({ extensions: [names(['dns', host])] });
}

const CORP: TestConstraints = { permitted: [['dns', 'corp.example']] };

t.test('wherever the authority stands', async (t) => {
  const root = makeRoot();
  const above: readonly [string, TestCertificate][] = [
    ['the issuer', root.intermediate(constrained('Issuer', CORP))],
    ['one above it', root.intermediate(constrained('Upper', CORP)).intermediate({ cn: 'Lower' })],
    ['the anchor', makeRoot(constrained('Anchor', CORP)).intermediate({ cn: 'Lower' })],
    ['not critical', root.intermediate(constrained('Issuer', { ...CORP, critical: false }))],
  ];
  for (const [place, issuer] of above) {
    const good = clientOf(issuer, 'a.corp.example');
    accepts(t, askChain(good), [good, ...good.issuers], `${place}: inside`);
    const bad = clientOf(issuer, 'a.other.example');
    refuses(t, askChain(bad), ['certificate-invalid', 'name-constraints', bad], `${place}: outside`);
    const other = issuer.client({ extensions: [names(['email', 'alice@other.example'])] });
    accepts(t, askChain(other), [other, ...other.issuers], `${place}: names of another form`);
    const mixed = issuer.client({ extensions: [names(['dns', 'corp.example'], ['dns', 'other'])] });
    refuses(t, askChain(mixed), ['certificate-invalid', 'name-constraints', mixed], `${place}: one bad name of two`);
  }
});

t.test('an intermediate among the anchors binds as well', async (t) => {
  const partial = makeRoot().intermediate(constrained('Partial', CORP));
  const good = clientOf(partial, 'corp.example');
  accepts(t, ask({ leaf: good, anchors: [partial] }), [good, partial], 'inside');
  const bad = clientOf(partial, 'other');
  refuses(t, ask({ leaf: bad, anchors: [partial] }), ['certificate-invalid', 'name-constraints', bad], 'outside');
});

t.test('they are not for the authority that has them, but for those below', async (t) => {
  const root = makeRoot();
  const upper = root.intermediate(constrained('Upper', CORP, [names(['dns', 'pki.other'])]));
  const leaf = clientOf(upper, 'corp.example');
  accepts(t, askChain(leaf), [leaf, upper, root], 'its own name is another');
  const inside = upper.intermediate({ cn: 'Lower', extensions: [names(['dns', 'pki.corp.example'])] });
  const good = clientOf(inside, 'corp.example');
  accepts(t, askChain(good), [good, inside, upper, root], 'an authority below with a name inside');
  const outside = upper.intermediate({ cn: 'Lower', extensions: [names(['dns', 'pki.other'])] });
  const bad = clientOf(outside, 'corp.example');
  refuses(t, askChain(bad), ['certificate-invalid', 'name-constraints', outside], 'and one with a name outside');
});

t.test('self-issued authorities are spared, a self-issued leaf is not', async (t) => {
  const extensions = [names(['dns', 'other'])];
  const upper = makeRoot().intermediate(constrained('Upper', CORP));
  const rolled = upper.intermediate({ cn: 'Upper', extensions });
  const good = clientOf(rolled, 'corp.example');
  accepts(t, askChain(good), [good, ...good.issuers], 'an authority with a new key');
  const bad = clientOf(rolled, 'other');
  refuses(t, askChain(bad), ['certificate-invalid', 'name-constraints', bad], 'whose clients are bound');
  const leaf = upper.client({ cn: 'Upper', extensions });
  refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], 'a leaf of the same name');
});

t.test('several authorities', async (t) => {
  const upper = makeRoot().intermediate(
    constrained('Upper', {
      permitted: [
        ['dns', 'corp.example'],
        ['dns', 'b.example'],
      ],
    }),
  );
  const narrower = upper.intermediate(constrained('Lower', { permitted: [['dns', 'a.corp.example']] }));
  const wider = upper.intermediate(
    constrained('Lower', {
      permitted: [
        ['dns', 'example'],
        ['dns', 'other'],
      ],
    }),
  );
  const excluding = upper.intermediate(constrained('Lower', { excluded: [['dns', 'x.corp.example']] }));
  const cases: readonly [string, TestCertificate, string, boolean][] = [
    ['narrower, in both', narrower, 'a.corp.example', true],
    ['narrower, in the upper only', narrower, 'b.example', false],
    ['wider, in both', wider, 'b.example', true],
    ['wider, in the lower only', wider, 'other', false],
    ['excluding, permitted', excluding, 'corp.example', true],
    ['excluding, excluded', excluding, 'a.x.corp.example', false],
    ['excluding, neither', excluding, 'other', false],
  ];
  for (const [what, issuer, host, isGood] of cases) {
    const leaf = clientOf(issuer, host);
    if (isGood) accepts(t, askChain(leaf), [leaf, ...leaf.issuers], what);
    else refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], what);
  }
});

t.test('what is excluded stays excluded where it is permitted too', async (t) => {
  const both = { permitted: [['dns', 'corp.example']], excluded: [['dns', 'hr.corp.example']] } as const;
  const issuer = makeRoot().intermediate(constrained('Issuer', both));
  const good = clientOf(issuer, 'it.corp.example');
  accepts(t, askChain(good), [good, ...good.issuers], 'permitted');
  const bad = clientOf(issuer, 'hr.corp.example');
  refuses(t, askChain(bad), ['certificate-invalid', 'name-constraints', bad], 'permitted and excluded');
  const wildcard = clientOf(issuer, '*.corp.example');
  refuses(t, askChain(wildcard), ['certificate-invalid', 'name-constraints', wildcard], 'a wildcard that covers it');
});

t.test('the search goes on where names forbid one way', async (t) => {
  const key = makeKey('ec');
  const [root, free] = [makeRoot({ name: 'Strict' }), makeRoot({ name: 'Free' })];
  const strict = root.intermediate({ ...constrained('Shared', CORP), key });
  const loose = free.intermediate({ cn: 'Shared', key });
  const leaf = clientOf(strict, 'other');
  const anchors = [root, free];
  for (const presented of [
    [strict, loose],
    [loose, strict],
  ]) {
    accepts(t, ask({ leaf, presented, anchors }), [leaf, loose, free], 'the other way is found');
  }
  const alone = ask({ leaf, presented: [strict], anchors });
  refuses(t, alone, ['certificate-invalid', 'name-constraints', leaf], 'without it there is none');
});

t.test('an expired way is told before one that names forbid', async (t) => {
  const key = makeKey('ec');
  const root = makeRoot();
  const strict = root.intermediate({ ...constrained('Shared', CORP), key });
  const expired = root.intermediate({ cn: 'Shared', key, notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const result = ask({ leaf: clientOf(strict, 'other'), presented: [strict, expired], anchors: [root] });
  refuses(t, result, ['certificate-expired', 'validity', expired], 'it was good once');
});

const MANY: TestConstraints = {
  permitted: Array.from({ length: 40 }, (_, index) => ['dns', `n${index}.corp.example`] as const),
};

t.test('comparisons are counted over all ways', async (t) => {
  const key = makeKey('ec');
  const issuers = [1, 2].map((number) => {
    const anchor = makeRoot({ name: `Root ${number}` });
    return anchor.intermediate({ ...constrained('Shared', MANY), key });
  });
  const [first, second] = issuers as [TestCertificate, TestCertificate];
  // 25 names and the subject, against 40 subtrees.
  const hosts = Array.from({ length: 25 }, () => ['dns', 'n39.corp.example'] as const);
  const cost = 26 * 40;
  const good = first.client({ extensions: [names(...hosts)] });
  const enough = { options: { maxNameComparisons: cost } };
  accepts(t, askChain(good, enough), [good, ...good.issuers], 'just enough');
  const less = askChain(good, { options: { maxNameComparisons: cost - 1 } });
  refuses(t, less, ['certificate-invalid', 'budget'], 'one too few');
  const bad = first.client({ extensions: [names(...hosts.slice(1), ['dns', 'other'])] });
  const both = { leaf: bad, presented: issuers, anchors: [first.root, second.root] };
  const all = ask({ ...both, options: { maxNameComparisons: 2 * cost } });
  refuses(t, all, ['certificate-invalid', 'name-constraints', bad], 'enough for both ways');
  const cut = ask({ ...both, options: { maxNameComparisons: 2 * cost - 1 } });
  refuses(t, cut, ['certificate-invalid', 'budget'], 'not enough for both');
});

t.test('nothing is compared for an authority that has not signed', async (t) => {
  const root = makeRoot();
  const issuer = root.intermediate({ cn: 'Shared' });
  const forged = makeRoot().intermediate({ ...constrained('Shared', MANY), subjectKeyId: issuer.keyId });
  const leaf = clientOf(issuer, 'other');
  const question = { leaf, presented: [forged, issuer], anchors: [root], options: { maxNameComparisons: 1 } };
  accepts(t, ask(question), [leaf, issuer, root], 'a forged one costs nothing');
  const real = root.intermediate(constrained('Shared', MANY));
  const bound = ask({ ...question, leaf: clientOf(real, 'other'), presented: [real] });
  refuses(t, bound, ['certificate-invalid', 'budget'], 'one that has signed does');
});
