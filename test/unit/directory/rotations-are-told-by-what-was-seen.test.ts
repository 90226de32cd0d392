import t from 'tap';
import { findRotations } from '../../../src/directory/rotation.ts';
import type { SeenCertificate } from '../../../src/model/traffic.ts';

/** Certificates of the issuers `old` and `new`, seen from one time to another. */
function seen(account: string | undefined, issuer: string, from: number, until: number): SeenCertificate {
  return {
    id: `${account}${issuer}${from}`,
    fingerprint: '',
    issuerSpki: '',
    serial: '01',
    issuer,
    subject: '',
    account,
    site: '',
    notBefore: 0,
    notAfter: 100,
    firstSeenAt: from,
    lastSeenAt: until,
  };
}

t.test('not begun, under way, done', async (t) => {
  const rotations = findRotations(
    [
      seen('dora', 'old', 0, 30),
      seen('dora', 'new', 31, 40),
      seen('carol', 'old', 0, 30),
      seen('carol', 'old', 5, 10),
      seen('carol', 'new', 20, 40),
      seen('bob', 'old', 0, 40),
      seen('alice', 'new', 0, 40),
      seen(undefined, 'old', 0, 40),
    ],
    ({ issuer }) => issuer === 'old',
  );
  t.match(rotations, [
    { account: 'bob', state: 'not begun', old: [{}], fresh: [] },
    { account: 'carol', state: 'under way', old: [{}, {}], fresh: [{ issuer: 'new' }] },
    { account: 'dora', state: 'done', old: [{ issuer: 'old' }], fresh: [{ issuer: 'new' }] },
  ]);
  t.equal(rotations.length, 3, 'who has nothing old is not among them, nor what is nobody’s');
});
