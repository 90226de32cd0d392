import t from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { accepts, ask, DAY_MS, NOW, refuses } from './ask.ts';

const root = makeRoot();
const signing = { keyUsage: ['keyCertSign', 'digitalSignature'] } as const;

t.test('an authority among the anchors', async (t) => {
  const anchor = makeRoot(signing);
  const partial = root.intermediate(signing);
  const client = anchor.client();
  accepts(t, ask({ leaf: client, anchors: [anchor] }), [client, anchor], 'its client is accepted');
  refuses(t, ask({ leaf: anchor, anchors: [anchor] }), ['certificate-untrusted', 'issuer', anchor], 'itself it is not');
  const anchors = [root, partial];
  refuses(t, ask({ leaf: partial, anchors }), ['certificate-untrusted', 'issuer', partial], 'nor an intermediate');
  accepts(t, ask({ leaf: partial, anchors: [root] }), [partial, root], 'which may be a client where it is no anchor');
});

t.test('a client’s own certificate among the anchors', async (t) => {
  const alice = root.client();
  accepts(t, ask({ leaf: alice, anchors: [alice] }), [alice], 'is accepted as itself');
  const selfSigned = makeRoot({ ca: false, keyUsage: ['digitalSignature'] });
  accepts(t, ask({ leaf: selfSigned, anchors: [selfSigned] }), [selfSigned], 'also when it is self-signed');
  const other = root.client();
  refuses(t, ask({ leaf: other, anchors: [alice] }), ['certificate-untrusted', 'issuer', other], 'and nobody else');
  const expired = root.client({ notBefore: NOW - 2 * DAY_MS, notAfter: NOW - DAY_MS });
  const result = ask({ leaf: expired, anchors: [expired] });
  refuses(t, result, ['certificate-expired', 'validity', expired], 'all checks of a leaf hold');
});
