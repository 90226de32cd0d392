// An excluded `bob@corp.example` let `BOB@corp.example` pass, which a rule for `bob@corp.example` then took for bob.

import t from 'tap';
import { context, encode, sequence } from '../../src/x509/der-writer.ts';
import { EXTENSION } from '../../src/x509/extensions.ts';
import { makeRoot } from '../kit/pki.ts';
import { accepts, askChain, refuses } from '../unit/validation/ask.ts';

const mail = (address: string) => encode(0x81, Buffer.from(address));
const authority = (side: 0 | 1, base: Uint8Array) =>
  makeRoot().intermediate({
    extensions: [{ oid: EXTENSION.nameConstraints, critical: true, value: sequence(context(side, sequence(base))) }],
  });
const withNames = (...names: Uint8Array[]) => ({
  extensions: [{ oid: EXTENSION.subjectAltName, value: sequence(...names) }],
});

t.test('the case of a mailbox does not lead out of an excluded one', (t) => {
  const issuer = authority(1, mail('bob@corp.example'));
  const other = issuer.client(withNames(mail('alice@corp.example')));
  accepts(t, askChain(other), [other, ...other.issuers], 'somebody else');
  for (const address of ['bob@corp.example', 'BOB@corp.example', '"Bob"@CORP.example']) {
    const leaf = issuer.client(withNames(mail(address)));
    refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], address);
  }
  t.end();
});

t.test('nor into a permitted one', (t) => {
  const issuer = authority(0, mail('bob@corp.example'));
  const bob = issuer.client(withNames(mail('bob@corp.example')));
  accepts(t, askChain(bob), [bob, ...bob.issuers], 'himself');
  const leaf = issuer.client(withNames(mail('BOB@corp.example')));
  refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], 'in another case');
  t.end();
});

t.test('a common name is a host where no alternative name is one', (t) => {
  const issuer = authority(1, encode(0x82, Buffer.from('corp.example')));
  const names = withNames(mail('a@b.example'));
  const other = issuer.client({ cn: 'a.other.example', ...names });
  accepts(t, askChain(other), [other, ...other.issuers], 'another host');
  const leaf = issuer.client({ cn: 'a.corp.example', ...names });
  refuses(t, askChain(leaf), ['certificate-invalid', 'name-constraints', leaf], 'the excluded one, as OpenSSL has it');
  t.end();
});
