import fc from 'fast-check';
import t from 'tap';
import { type VerdictKeyParts, verdictKey } from '../../../src/cache/verdict-key.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

const BASE: VerdictKeyParts = {
  leaf: bytes('leaf'),
  presented: [bytes('first'), bytes('second')],
  pool: undefined,
  trustContent: 'trust',
  options: 'options',
  revocationGeneration: '7',
};

const VARIANTS: Readonly<Record<string, VerdictKeyParts>> = {
  base: BASE,
  'another leaf': { ...BASE, leaf: bytes('leaG') },
  'an empty leaf': { ...BASE, leaf: bytes('') },
  'nothing presented': { ...BASE, presented: [] },
  'an empty certificate presented': { ...BASE, presented: [bytes('')] },
  'one presented': { ...BASE, presented: [bytes('first')] },
  'presented in another order': { ...BASE, presented: [bytes('second'), bytes('first')] },
  'presented twice': { ...BASE, presented: [bytes('first'), bytes('second'), bytes('second')] },
  'presented run together': { ...BASE, presented: [bytes('firstsecond')] },
  'presented cut elsewhere': { ...BASE, presented: [bytes('firsts'), bytes('econd')] },
  'the leaf moved among the presented': { ...BASE, leaf: bytes('first'), presented: [bytes('leaf'), bytes('second')] },
  'a byte moved from the leaf': { ...BASE, leaf: bytes('lea'), presented: [bytes('ffirst'), bytes('second')] },
  'a resumed session': { ...BASE, pool: 'a' },
  'another pool': { ...BASE, pool: 'b' },
  'another trust store': { ...BASE, trustContent: 'trusu' },
  'other options': { ...BASE, options: 'optionz' },
  'another generation': { ...BASE, revocationGeneration: '8' },
  'trust and options cut elsewhere': { ...BASE, trustContent: 'trusto', options: 'ptions' },
  'options and generation cut elsewhere': { ...BASE, options: 'options7', revocationGeneration: '' },
  'trust and options exchanged': { ...BASE, trustContent: 'options', options: 'trust' },
};

t.test('the same input gives the same key, of which nothing can be read', async (t) => {
  const key = verdictKey(BASE);
  t.match(key, /^[0-9a-f]{64}$/);
  t.equal(verdictKey({ ...BASE, leaf: new Uint8Array(bytes('leaf')), presented: [...BASE.presented] }), key);
});

t.test('inputs that differ in one thing have different keys', async (t) => {
  const seen = new Map<string, string>();
  for (const [name, parts] of Object.entries(VARIANTS)) {
    const key = verdictKey(parts);
    t.equal(seen.get(key), undefined, name);
    seen.set(key, name);
  }
});

t.test('random inputs share a key only when they are equal', async () => {
  const part = fc.uint8Array({ maxLength: 2 });
  const text = fc.string({ maxLength: 2 });
  const input = fc.record({
    leaf: part,
    presented: fc.array(part, { maxLength: 2 }),
    pool: fc.option(fc.constantFrom('a', 'b', 'presented'), { nil: undefined }),
    trustContent: text,
    options: text,
    revocationGeneration: text,
  });
  const written = (parts: VerdictKeyParts) =>
    JSON.stringify([
      Buffer.from(parts.leaf).toString('hex'),
      parts.presented.map((der) => Buffer.from(der).toString('hex')),
      parts.pool ?? null,
      parts.trustContent,
      parts.options,
      parts.revocationGeneration,
    ]);
  fc.assert(fc.property(input, input, (a, b) => (verdictKey(a) === verdictKey(b)) === (written(a) === written(b))));
});
