// The closed table of handshake errors that our own answer overrules (design rule 2); every other one refuses.

import t from 'tap';
import { judgeHandshake } from '../../../src/decision/gate-one.ts';
import type { CertificateFacts } from '../../../src/model/certificate.ts';
import { makeRoot } from '../../kit/pki.ts';

const root = makeRoot();
const issuing = root.intermediate();
const alice = issuing.client();
const WHOLE = [alice, issuing, root].map(({ facts }) => facts);
/** Ends in an anchor that somebody else has signed. */
const PARTIAL = WHOLE.slice(0, 2);
const LEAF_ONLY = WHOLE.slice(0, 1);

const judge = (error: string | undefined, path: readonly CertificateFacts[], ...presented: Uint8Array[]) =>
  judgeHandshake(error, { path, presented });

const PARTIAL_ONLY = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

t.test('no error, no refusal', async (t) => {
  for (const path of [WHOLE, PARTIAL, LEAF_ONLY]) t.equal(judge(undefined, path), undefined);
});

t.test('dates are ours to judge', async (t) => {
  for (const error of ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']) t.equal(judge(error, WHOLE), undefined, error);
});

t.test('a path that ends early is tolerated only where ours does', async (t) => {
  for (const error of PARTIAL_ONLY) {
    t.equal(judge(error, PARTIAL), undefined, `${error}, partial`);
    t.equal(judge(error, LEAF_ONLY), undefined, `${error}, the leaf itself`);
    t.match(judge(error, WHOLE), { code: 'certificate-untrusted', check: 'gate-1' }, `${error}, whole`);
    t.match(judge(error, []), { code: 'certificate-untrusted' }, `${error}, no path`);
  }
});

t.test('a wrong issuer beside the right one does no harm, and a wrong signature does', async (t) => {
  const fake = makeRoot({ name: 'Test Intermediate' });
  t.equal(judge('CERT_SIGNATURE_FAILURE', WHOLE, fake.der, issuing.der), undefined);
  t.match(judge('CERT_SIGNATURE_FAILURE', WHOLE, issuing.der), { code: 'certificate-invalid', check: 'gate-1' });
});

t.test('an issuer that leads nowhere beside the right one does no harm', async (t) => {
  const deadEnd = makeRoot({ name: 'Nobody knows it' }).intermediate();
  for (const error of ['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY']) {
    t.equal(judge(error, WHOLE, deadEnd.der, issuing.der), undefined, error);
    t.match(judge(error, WHOLE, issuing.der), { code: 'certificate-untrusted', check: 'gate-1' }, `${error}, alone`);
  }
  t.match(judge('SELF_SIGNED_CERT_IN_CHAIN', WHOLE, deadEnd.der, issuing.der), { code: 'certificate-untrusted' });
});

t.test('everything else refuses, what is unknown too', async (t) => {
  for (const [error, code] of [
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-untrusted'],
    ['CERT_UNTRUSTED', 'certificate-untrusted'],
    ['INVALID_PURPOSE', 'certificate-usage'],
    ['CERT_SIGNATURE_FAILURE', 'certificate-invalid'],
    ['CERT_REVOKED', 'certificate-invalid'],
    ['CERT_REJECTED', 'certificate-invalid'],
    ['CERT_CHAIN_TOO_LONG', 'certificate-invalid'],
    ['PATH_LENGTH_EXCEEDED', 'certificate-invalid'],
    ['INVALID_CA', 'certificate-invalid'],
    ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'certificate-invalid'],
    ['ERROR_IN_CERT_NOT_AFTER_FIELD', 'certificate-invalid'],
    ['OUT_OF_MEM', 'certificate-invalid'],
    ['HOSTNAME_MISMATCH', 'certificate-invalid'],
    ['UNSPECIFIED', 'certificate-invalid'],
    ['cert_has_expired', 'certificate-invalid'],
    ['certificate has expired', 'certificate-invalid'],
    ['', 'certificate-invalid'],
  ] as const) {
    for (const path of [WHOLE, PARTIAL]) {
      t.match(judge(error, path), { code, check: 'gate-1', note: `the handshake found ${error}` }, error);
    }
  }
});
