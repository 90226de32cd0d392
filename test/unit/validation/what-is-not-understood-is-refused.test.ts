import t from 'tap';
import { makeRoot, type TestExtension } from '../../kit/pki.ts';
import { accepts, askChain, refuses } from './ask.ts';

const NULL = Uint8Array.of(0x05, 0x00);

/** A chain with an extension at each of its places in turn. */
function chainsWith(extension: TestExtension) {
  const extensions = [extension];
  const root = makeRoot();
  const leaf = root.intermediate().client({ extensions });
  const intermediate = root.intermediate({ extensions });
  const anchor = makeRoot({ extensions });
  return [
    { place: 'leaf', leaf, holder: leaf },
    { place: 'intermediate', leaf: intermediate.client(), holder: intermediate },
    { place: 'anchor', leaf: anchor.intermediate().client(), holder: anchor },
  ];
}

t.test('an unknown extension', async (t) => {
  for (const { place, leaf } of chainsWith({ oid: '1.2.3.4', value: NULL })) {
    accepts(t, askChain(leaf), [leaf, ...leaf.issuers], `not critical, ${place}`);
  }
  for (const { place, leaf, holder } of chainsWith({ oid: '1.2.3.4', critical: true, value: NULL })) {
    refuses(t, askChain(leaf), ['certificate-invalid', 'critical-extensions', holder], `critical, ${place}`);
  }
});

/** GeneralSubtrees: permitted dNSName "example". */
const NAME_CONSTRAINTS = Uint8Array.from([0x30, 0x0d, 0xa0, 0x0b, 0x30, 0x09, 0x82, 0x07, ...Buffer.from('example')]);
const POLICIES = Uint8Array.from([0x30, 0x06, 0x30, 0x04, 0x06, 0x02, 0x2a, 0x03]);
const MAPPINGS = Uint8Array.from([0x30, 0x0a, 0x30, 0x08, 0x06, 0x02, 0x2a, 0x03, 0x06, 0x02, 0x2a, 0x04]);

const UNSUPPORTED: readonly [string, TestExtension][] = [
  ['name constraints', { oid: '2.5.29.30', critical: true, value: NAME_CONSTRAINTS }],
  ['name constraints, not critical', { oid: '2.5.29.30', value: NAME_CONSTRAINTS }],
  ['policyConstraints', { oid: '2.5.29.36', critical: true, value: Uint8Array.of(0x30, 3, 0x80, 1, 0) }],
  ['policyConstraints, not critical', { oid: '2.5.29.36', value: Uint8Array.of(0x30, 3, 0x80, 1, 0) }],
  ['inhibitAnyPolicy', { oid: '2.5.29.54', critical: true, value: Uint8Array.of(2, 1, 0) }],
  ['critical certificatePolicies', { oid: '2.5.29.32', critical: true, value: POLICIES }],
  ['critical policyMappings', { oid: '2.5.29.33', critical: true, value: MAPPINGS }],
];

for (const [name, extension] of UNSUPPORTED) {
  t.test(`${name} cannot be enforced yet`, async (t) => {
    for (const { place, leaf, holder } of chainsWith(extension)) {
      refuses(t, askChain(leaf), ['certificate-invalid', 'unsupported-constraints', holder], place);
    }
  });
}

t.test('policies that are information only', async (t) => {
  for (const { place, leaf } of chainsWith({ oid: '2.5.29.32', value: POLICIES })) {
    accepts(t, askChain(leaf), [leaf, ...leaf.issuers], place);
  }
});
