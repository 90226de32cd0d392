import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { certIdOf } from '../../../src/x509/ocsp-cert-id.ts';
import { writeOcspRequest } from '../../../src/x509/ocsp-request.ts';
import { makeFolder } from '../../kit/gateway.ts';
import { openssl } from '../../kit/openssl.ts';
import { makeRoot } from '../../kit/pki.ts';

t.test('the same octets', async (t) => {
  for (const key of ['ec', 'rsa2048', 'ed25519'] as const) {
    const root = makeRoot({ key });
    // A first bit that is set, so that the INTEGER needs a leading zero.
    const client = root.client({ serial: '00F1CA5C7F4C' });
    const folder = makeFolder(t);
    writeFileSync(join(folder, 'root.pem'), root.pem);
    writeFileSync(join(folder, 'client.pem'), client.pem);
    for (const hash of ['sha1', 'sha256'] as const) {
      const about = [`-${hash}`, '-issuer', 'root.pem', '-cert', 'client.pem'];
      openssl(folder, 'ocsp', ...about, '-no_nonce', '-reqout', 'request.der');
      const ours = writeOcspRequest({ certId: certIdOf(client.facts, root.facts, hash) });
      writeFileSync(join(folder, 'ours.der'), ours);
      const [theirs] = ['request.der', 'ours.der'].map((file) =>
        openssl(folder, 'asn1parse', '-inform', 'DER', '-in', file),
      );
      t.equal(openssl(folder, 'asn1parse', '-inform', 'DER', '-in', 'ours.der'), theirs, `${key} by ${hash}`);
    }
  }
});

t.test('a nonce is one that openssl reads', async (t) => {
  const root = makeRoot();
  const client = root.client();
  const folder = makeFolder(t);
  const nonce = new Uint8Array(32).fill(0xa5);
  const request = writeOcspRequest({ certId: certIdOf(client.facts, root.facts, 'sha1'), nonce });
  writeFileSync(join(folder, 'request.der'), request);
  const text = openssl(folder, 'ocsp', '-reqin', 'request.der', '-req_text');
  t.match(text, /OCSP Nonce:\s+0420(A5){32}/);
  t.match(text, new RegExp(`Serial Number: ${client.facts.serial}`));
});

t.test('a certificate without a number cannot be asked for', async (t) => {
  const root = makeRoot();
  const certId = { ...certIdOf(root.client().facts, root.facts, 'sha1'), serial: undefined };
  t.throws(() => writeOcspRequest({ certId }), RangeError);
});
