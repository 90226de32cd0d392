import t, { type Test } from 'tap';
import { nullValue, utf8String } from '../../../src/x509/der-writer.ts';
import { makeRoot, type TestName } from '../../kit/pki.ts';
import { accepts, askChain, refuses } from './ask.ts';
import { nameConstraints, names, otherName, type TestBase } from './name-constraints.ts';

interface Table {
  readonly inside: readonly TestBase[];
  readonly outside: readonly TestBase[];
  /** Names that meet no constraint of their form, neither this one permitted nor excluded. */
  readonly doubtful?: readonly TestBase[];
}

const root = makeRoot();
const unconstrained = root.intermediate({ cn: 'Free' });

/** One base, once as the only one permitted and once as the only one excluded. */
function judgeBase(t: Test, base: TestBase, { inside, outside, doubtful = [] }: Table) {
  const permitting = root.intermediate({ cn: 'Permitting', extensions: [nameConstraints({ permitted: [base] })] });
  const excluding = root.intermediate({ cn: 'Excluding', extensions: [nameConstraints({ excluded: [base] })] });
  for (const name of [...inside, ...outside, ...doubtful]) {
    const free = unconstrained.client({ extensions: [names(name)] });
    const permitted = permitting.client({ extensions: [names(name)] });
    const excluded = excluding.client({ extensions: [names(name)] });
    const text = `${name[0]} ${String(name[1])}`;
    accepts(t, askChain(free), [free, unconstrained, root], `${text}: fine without constraints`);
    if (inside.includes(name)) {
      accepts(t, askChain(permitted), [permitted, permitting, root], `${text}: permitted`);
    } else {
      refuses(t, askChain(permitted), ['certificate-invalid', 'name-constraints', permitted], `${text}: not permitted`);
    }
    if (outside.includes(name)) {
      accepts(t, askChain(excluded), [excluded, excluding, root], `${text}: not excluded`);
    } else {
      refuses(t, askChain(excluded), ['certificate-invalid', 'name-constraints', excluded], `${text}: excluded`);
    }
  }
}

/** Names of one form, written shortly. */
function list(form: 'dns' | 'email' | 'uri' | 'upn' | 'ip', ...texts: readonly string[]): TestBase[] {
  return texts.map((text) => [form, text]);
}

t.test('DNS names', async (t) => {
  const malformed = list(
    'dns',
    '.corp.example',
    'corp.example.',
    'a..corp.example',
    'a b.corp.example',
    '*',
    '*.*.example',
  );
  judgeBase(t, ['dns', 'Corp.Example'], {
    inside: list('dns', 'corp.example', 'a.corp.example', 'b.a.CORP.example', '*.corp.example', 'a_b.corp.example'),
    outside: list('dns', 'example', 'notcorp.example', 'corp.example.org', 'a-corp.example', '*.a.example', '*.org'),
    doubtful: [...malformed, ...list('dns', '*.example')],
  });
  judgeBase(t, ['dns', '.corp.example'], {
    inside: list('dns', 'a.corp.example', '*.corp.example'),
    outside: list('dns', 'corp.example', 'acorp.example', '*.example'),
    doubtful: list('dns', 'f*.corp.example'),
  });
  judgeBase(t, ['dns', 'b.a.example'], {
    inside: list('dns', 'b.a.example'),
    outside: list('dns', '*.example', '*.b.example', '*.c.b.a.example.org'),
    doubtful: list('dns', '*.a.example'),
  });
  judgeBase(t, ['dns', ''], {
    inside: list('dns', 'corp.example', '*.example', 'localhost'),
    outside: [],
    doubtful: malformed,
  });
});

t.test('mail addresses', async (t) => {
  const malformed = list(
    'email',
    'alice',
    '@corp.example',
    'a@b@corp.example',
    'a b@corp.example',
    'a..b@corp.example',
    'a@[10.0.0.1]',
  );
  judgeBase(t, ['email', 'Alice@Corp.example'], {
    inside: list('email', 'Alice@corp.EXAMPLE', '"Alice"@corp.example', '"Ali\\ce"@corp.example'),
    outside: list('email', 'Alice@a.corp.example', 'bob@corp.example', 'Alice@corp.example.org'),
    // Two mailboxes to RFC 5321, and one to whoever folds the case.
    doubtful: [...malformed, ...list('email', 'alice@corp.example')],
  });
  for (const base of ['corp.example', '@corp.example']) {
    judgeBase(t, ['email', base], {
      inside: list('email', 'alice@corp.example', 'BOB@CORP.example', '"a@other"@corp.example', '"a b"@corp.example'),
      outside: list('email', 'alice@a.corp.example', 'alice@notcorp.example', '"alice@corp.example"@other'),
      doubtful: malformed,
    });
  }
  judgeBase(t, ['email', '.corp.example'], {
    inside: list('email', 'alice@a.corp.example', 'alice@b.a.corp.example'),
    outside: list('email', 'alice@corp.example', 'alice@acorp.example'),
  });
  judgeBase(t, ['email', '*@corp.example'], {
    inside: list('email', '*@corp.example'),
    outside: list('email', 'alice@corp.example'),
  });
  // RFC 9598: such an address is a mail address too, and not read here.
  const beyondAscii: TestBase = ['bytes', otherName('1.3.6.1.5.5.7.8.9', utf8String('ålice@corp.example'))];
  judgeBase(t, ['email', ''], {
    inside: list('email', 'a@b', 'alice@corp.example'),
    outside: [],
    doubtful: [beyondAscii],
  });
});

t.test('URIs', async (t) => {
  const malformed = list(
    'uri',
    'urn:a:b',
    'mailto:a@corp.example',
    'https:///x',
    'https:corp.example',
    'https://10.0.0.1/',
    'https://[::1]/',
    'https://0x7f/',
    'https://corp.example:80@',
    'https://a@b@corp.example/',
    'https://corp%2eexample/',
    'https://corp.example\\@other/',
    'corp.example/a',
  );
  judgeBase(t, ['uri', 'corp.example'], {
    inside: list('uri', 'https://corp.example', 'spiffe://CORP.example/a?b#c', 'ldap://u:p@corp.example:389/a@b'),
    outside: list('uri', 'https://a.corp.example/', 'https://other/corp.example', 'https://corp.example@other/'),
    doubtful: malformed,
  });
  judgeBase(t, ['uri', '.corp.example'], {
    inside: list('uri', 'https://a.corp.example', 'https://b.a.corp.example:8443'),
    outside: list('uri', 'https://corp.example', 'https://acorp.example'),
    doubtful: malformed,
  });
});

t.test('IP addresses', async (t) => {
  judgeBase(t, ['ip', '10.1.0.0/255.255.0.0'], {
    inside: list('ip', '10.1.0.0', '10.1.255.255'),
    outside: list('ip', '10.0.255.255', '10.2.0.0', '0:0:0:0:0:ffff:0a01:0000'),
  });
  judgeBase(t, ['ip', '10.1.2.3/255.255.255.255'], { inside: list('ip', '10.1.2.3'), outside: list('ip', '10.1.2.2') });
  judgeBase(t, ['ip', '0.0.0.0/0.0.0.0'], { inside: list('ip', '1.2.3.4'), outside: list('ip', '1:0:0:0:0:0:0:1') });
  judgeBase(t, ['ip', '2001:db8:0:0:0:0:0:0/ffff:ffff:8000:0:0:0:0:0'], {
    inside: list('ip', '2001:db8:7fff:0:0:0:0:1'),
    outside: list('ip', '2001:db8:8000:0:0:0:0:1', '32.1.13.184'),
  });
});

t.test('user principal names', async (t) => {
  const malformed = list('upn', 'alice', '@corp.example', 'a@b@corp.example', 'alice@', 'alice@cörp.example');
  for (const base of ['corp.example', '@Corp.example']) {
    judgeBase(t, ['upn', base], {
      inside: list('upn', 'alice@corp.example', 'Ålice B@CORP.EXAMPLE'),
      outside: list('upn', 'alice@a.corp.example', 'alice@notcorp.example', 'alice@corp'),
      doubtful: malformed,
    });
  }
  judgeBase(t, ['upn', '.corp.example'], {
    inside: list('upn', 'alice@a.corp.example'),
    outside: list('upn', 'alice@corp.example', 'alice@acorp.example'),
    doubtful: malformed,
  });
  judgeBase(t, ['upn', 'Alice@corp.example'], {
    inside: list('upn', 'alice@corp.example', 'ALICE@Corp.example'),
    outside: list('upn', 'bob@corp.example', 'alice@a.corp.example'),
    doubtful: malformed,
  });
});

const ACME: TestName = [
  { type: 'C', value: 'DE' },
  { type: 'O', value: 'Acme' },
];

t.test('directory names', async (t) => {
  judgeSubjects(t, ACME, {
    inside: [
      [
        { type: 'C', value: 'de' },
        { type: 'O', value: ' ACME ' },
        { type: 'CN', value: 'alice' },
      ],
      ACME,
    ],
    outside: [
      [
        { type: 'C', value: 'DE' },
        { type: 'CN', value: 'alice' },
      ],
      [
        { type: 'O', value: 'Acme' },
        { type: 'C', value: 'DE' },
        { type: 'CN', value: 'alice' },
      ],
      [
        { type: 'C', value: 'DE' },
        { type: 'O', value: 'Acme Ltd' },
        { type: 'CN', value: 'alice' },
      ],
      [
        { type: 'C', value: 'DE' },
        [
          { type: 'O', value: 'Acme' },
          { type: 'CN', value: 'alice' },
        ],
      ],
      [{ type: 'CN', value: 'alice' }],
    ],
  });
});

interface Subjects {
  readonly inside: readonly TestName[];
  readonly outside: readonly TestName[];
}

/** As the subject, and as an alternative name under a subject that is sound. */
function judgeSubjects(t: Test, base: TestName, { inside, outside }: Subjects) {
  const permitting = root.intermediate({
    cn: 'Permitting',
    extensions: [nameConstraints({ permitted: [['dn', base]] })],
  });
  const excluding = root.intermediate({ cn: 'Excluding', extensions: [nameConstraints({ excluded: [['dn', base]] })] });
  for (const [index, subject] of [...inside, ...outside].entries()) {
    const isInside = inside.includes(subject);
    const extensions = [names(['dn', subject])];
    const under = [
      { issuer: permitting, leaf: permitting.client({ subject }), isGood: isInside },
      { issuer: permitting, leaf: permitting.client({ subject: ACME, extensions }), isGood: isInside },
      { issuer: excluding, leaf: excluding.client({ subject }), isGood: !isInside },
      {
        issuer: excluding,
        leaf: excluding.client({ subject: [{ type: 'O', value: 'B' }], extensions }),
        isGood: !isInside,
      },
    ];
    for (const { issuer, leaf, isGood } of under) {
      const text = `name ${index} ${isInside ? 'inside' : 'outside'}`;
      if (isGood) accepts(t, askChain(leaf), [leaf, issuer, root], text);
      else refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], text);
    }
  }
}

t.test('an empty subject is no name', async (t) => {
  const issuer = root.intermediate({ extensions: [nameConstraints({ permitted: [['dn', ACME]] })] });
  const leaf = issuer.client({ subject: [], extensions: [names(['dns', 'a'])] });
  accepts(t, askChain(leaf), [leaf, issuer, root], 'and is not constrained');
});

t.test('mail addresses in the subject', async (t) => {
  const issuer = root.intermediate({ extensions: [nameConstraints({ permitted: [['email', 'corp.example']] })] });
  const subjectOf = (value: string): TestName => [
    { type: 'CN', value: 'alice' },
    { type: 'E', value },
  ];
  const good = issuer.client({ subject: subjectOf('alice@corp.example') });
  accepts(t, askChain(good), [good, issuer, root], 'permitted');
  const bad = issuer.client({ subject: subjectOf('alice@other') });
  refuses(t, askChain(bad), ['certificate-invalid', 'name-constraints', bad], 'not permitted');
  const hidden = issuer.client({
    subject: subjectOf('alice@other'),
    san: [{ kind: 'email', value: 'alice@corp.example' }],
  });
  refuses(t, askChain(hidden), ['certificate-invalid', 'name-constraints', hidden], 'nor beside a good one');
});

t.test('a host as the common name', async (t) => {
  const issuer = root.intermediate({ extensions: [nameConstraints({ permitted: [['dns', 'corp.example']] })] });
  for (const cn of ['a.corp.example', 'alice', 'Alice B.', 'alice@other.example']) {
    const leaf = issuer.client({ cn });
    accepts(t, askChain(leaf), [leaf, issuer, root], `${cn}: permitted, or no host`);
  }
  const bad = issuer.client({ cn: 'a.other.example' });
  refuses(t, askChain(bad), ['certificate-invalid', 'name-constraints', bad], 'another host');
  const named = issuer.client({ cn: 'a.other.example', san: [{ kind: 'dns', value: 'corp.example' }] });
  accepts(t, askChain(named), [named, issuer, root], 'alternative names are what is read then');
});

t.test('forms that are not understood', async (t) => {
  const forms: readonly [string, TestBase][] = [
    ['another otherName', ['bytes', otherName('1.2.3.4', nullValue())]],
    ['registeredID', ['bytes', Uint8Array.of(0x88, 2, 0x2a, 3)]],
    ['x400Address', ['bytes', Uint8Array.of(0xa3, 2, 5, 0)]],
    ['ediPartyName', ['bytes', Uint8Array.of(0xa5, 2, 5, 0)]],
  ];
  for (const [form, name] of forms) {
    for (const constraints of [{ permitted: [name] }, { excluded: [name] }]) {
      const issuer = root.intermediate({ extensions: [nameConstraints(constraints)] });
      const other = issuer.client({ extensions: [names(['dns', 'a'])] });
      accepts(t, askChain(other), [other, issuer, root], `${form}: no such name, no harm`);
      const same = issuer.client({ extensions: [names(name)] });
      refuses(t, askChain(same), ['certificate-invalid', 'name-constraints', same], `${form}: refused`);
    }
    const free = unconstrained.client({ extensions: [names(name)] });
    accepts(t, askChain(free), [free, unconstrained, root], `${form}: fine without constraints`);
  }
});

t.test('subtrees that cannot be read', async (t) => {
  const cases: readonly [TestBase, TestBase][] = [
    [
      ['dns', '*.corp.example'],
      ['dns', 'a.corp.example'],
    ],
    [
      ['dns', 'corp.example.'],
      ['dns', 'a.corp.example'],
    ],
    [
      ['dns', '.'],
      ['dns', 'a'],
    ],
    [
      ['email', 'a@b@corp.example'],
      ['email', 'a@corp.example'],
    ],
    [
      ['email', '@.corp.example'],
      ['email', 'a@a.corp.example'],
    ],
    [
      ['uri', 'https://corp.example'],
      ['uri', 'https://corp.example'],
    ],
    [
      ['ip', '10.0.0.0/255.0.255.0'],
      ['ip', '10.0.0.1'],
    ],
    [
      ['upn', 'a@b@corp.example'],
      ['upn', 'a@corp.example'],
    ],
  ];
  for (const [base, name] of cases) {
    for (const constraints of [{ permitted: [base] }, { excluded: [base] }]) {
      const issuer = root.intermediate({ extensions: [nameConstraints(constraints)] });
      const leaf = issuer.client({ extensions: [names(name)] });
      refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], `${base[0]} ${base[1]}`);
      const other = issuer.client({ extensions: [names(base[0] === 'dns' ? ['ip', '10.0.0.1'] : ['dns', 'a'])] });
      accepts(t, askChain(other), [other, issuer, root], `${base[0]} ${base[1]}: without such a name no harm`);
    }
  }
});
