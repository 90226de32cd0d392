// A point of an elliptic curve can be written whole or compressed (RFC 5480 2.2), and the hash of a key is of what is
// written: whoever had a key that is blocked could have it certified in the other form.

import { createPublicKey } from 'node:crypto';
import t from 'tap';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

/** SubjectPublicKeyInfo of P-256 up to the point, for one of 33 octets. */
const COMPRESSED_HEAD = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');

t.test('a compressed one is refused', async (t) => {
  const pki = makePki();
  const alice = pki.issuing.client({ cn: 'alice' });
  const { x = '', y = '' } = createPublicKey(alice.key).export({ format: 'jwk' });
  const sign = 2 + ((Buffer.from(y, 'base64url').at(-1) ?? 0) & 1);
  const spki = Buffer.concat([COMPRESSED_HEAD, Buffer.of(sign), Buffer.from(x, 'base64url')]);
  t.ok(createPublicKey({ key: spki, format: 'der', type: 'spki' }).equals(createPublicKey(alice.key)), 'the same key');
  const again = pki.issuing.client({ cn: 'alice', key: alice.key, spki });
  t.throws(() => parseCertificate(again.der, 16_384), /compressed curve point/);

  const upstream = await startUpstream(t);
  const yaml = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]';
  const { port, requests } = await startTestGateway(t, { pki, upstreamPort: upstream.port, yaml });
  t.equal((await send(t, { port, certificate: alice })).status, 200);
  t.equal((await send(t, { port, certificate: again })).status, 403);
  t.match(requests().at(-1), { code: 'certificate-invalid', check: 'encoding' });
});
