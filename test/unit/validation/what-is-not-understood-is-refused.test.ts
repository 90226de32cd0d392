import t from 'tap';
import { context, encode, oid, sequence } from '../../../src/x509/der-writer.ts';
import { makeRoot, type TestExtension } from '../../kit/pki.ts';
import { accepts, askChain, refuses } from './ask.ts';
import { nameConstraints } from './name-constraints.ts';

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

/** DistributionPoints with one fullName, http://a/. */
const POINTS = sequence(sequence(context(0, context(0, encode(0x86, Buffer.from('http://a/'))))));
const ACCESS = sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), encode(0x86, Buffer.from('http://a/'))));
const POLICIES = sequence(sequence(oid('1.2.3')));

t.test('critical extensions that are understood', async (t) => {
  const understood: readonly [string, TestExtension][] = [
    ['certificatePolicies', { oid: '2.5.29.32', critical: true, value: POLICIES }],
    ['cRLDistributionPoints', { oid: '2.5.29.31', critical: true, value: POINTS }],
  ];
  for (const [name, extension] of understood) {
    for (const { place, leaf } of chainsWith(extension)) {
      accepts(t, askChain(leaf), [leaf, ...leaf.issuers], `${name}, ${place}`);
    }
  }
});

t.test('extensions that must not be critical', async (t) => {
  const limited: readonly [string, string, Uint8Array][] = [
    ['freshestCRL (RFC 5280 4.2.1.15)', '2.5.29.46', POINTS],
    ['authorityInfoAccess (RFC 5280 4.2.2.1)', '1.3.6.1.5.5.7.1.1', ACCESS],
  ];
  for (const [name, type, value] of limited) {
    for (const { place, leaf } of chainsWith({ oid: type, value })) {
      accepts(t, askChain(leaf), [leaf, ...leaf.issuers], `${name}, ${place}`);
    }
    for (const { place, leaf, holder } of chainsWith({ oid: type, critical: true, value })) {
      refuses(t, askChain(leaf), ['certificate-invalid', 'critical-extensions', holder], `${name}, ${place}`);
    }
  }
});

t.test('name constraints of one who is no authority', async (t) => {
  const root = makeRoot();
  const extensions = [nameConstraints({ permitted: [['dns', 'corp.example']] })];
  const authority = root.intermediate({ keyUsage: ['keyCertSign', 'digitalSignature'], extensions });
  accepts(t, askChain(authority), [authority, root], 'an authority may have them');
  const client = root.client({ extensions });
  refuses(t, askChain(client), ['certificate-invalid', 'misplaced-constraints', client], 'a client may not');
});
