// The certificates of the demo: made once, for this machine only. Their names say that nobody should trust them.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEVELOPMENT_ORGANIZATION } from '../../app/environment.ts';
import { DAY_MS } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { type Credential, createIntermediateAuthority, createRootAuthority } from '../../pki/authority.ts';
import { createCrl } from '../../pki/crl.ts';
import { issueClientCertificate, issueServerCertificate } from '../../pki/issue.ts';
import { readCertificates } from '../../x509/files.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import { encodePem } from '../../x509/pem.ts';
import { writeCredential, writeNew } from '../credential-files.ts';

const DAYS = 365;

/** They are made anew when less than this is left of them. */
const LEAST_REST_MS = 15 * DAY_MS;

/** Makes the folder's certificates where there are none, or where they are about to end. Tells whether it did. */
export async function prepareDevelopmentPki(folder: string, now: number): Promise<boolean> {
  const replaces = existsSync(folder);
  if (replaces && !(await isWorn(folder, now))) return false;
  await mkdir(dirname(folder), { recursive: true });
  // Made beside it and then moved, so that a start that is broken off leaves nothing half made.
  const made = await mkdtemp(`${folder}-`);
  await makePki(made, now);
  if (replaces) await rm(folder, { recursive: true });
  await rename(made, folder);
  return true;
}

/** Whether the folder holds our own certificates and they are about to end. What is somebody else's is never replaced. */
async function isWorn(folder: string, now: number): Promise<boolean> {
  const file = join(folder, 'server.pem');
  const bytes = await readFile(file).catch((error: Error) => {
    throw new StartFault(
      `${folder} holds no development certificates (${error.message}). Remove it to have them made.`,
    );
  });
  const server = readCertificates(bytes).certificates[0]?.facts;
  return (
    server !== undefined &&
    formatRfc4514(server.issuer).includes(DEVELOPMENT_ORGANIZATION) &&
    server.notAfter < now + LEAST_REST_MS
  );
}

async function makePki(folder: string, now: number): Promise<void> {
  const lifetime = { now, days: DAYS };
  const root = createRootAuthority({ subject: named('Development Root CA'), ...lifetime });
  const issuing = createIntermediateAuthority(root, { subject: named('Development Issuing CA'), ...lifetime });
  const stranger = createRootAuthority({ subject: named('Foreign CA'), ...lifetime });

  const server = issueServerCertificate(issuing, {
    subject: named('localhost'),
    alternativeNames: [
      { kind: 'dns', value: 'localhost' },
      { kind: 'ip', value: '127.0.0.1' },
      { kind: 'ip', value: '::1' },
    ],
    ...lifetime,
  });
  const client = (issuer: Credential, name: string, at = lifetime) =>
    issueClientCertificate(issuer, {
      subject: named(name),
      alternativeNames: [{ kind: 'email', value: `${name}@dev.example` }],
      ...at,
    });
  const revoked = client(issuing, 'revoked');
  await writeCredential(folder, 'server', server);
  await writeCredential(folder, 'alice', client(issuing, 'alice'));
  await writeCredential(folder, 'bob', client(issuing, 'bob'));
  await writeCredential(folder, 'expired', client(issuing, 'expired', { now: now - 30 * DAY_MS, days: 29 }));
  await writeCredential(folder, 'revoked', revoked);
  await writeCredential(folder, 'foreign', client(stranger, 'foreign'));
  const lists = [listOf(root, [], now), listOf(issuing, [revoked.certificate.serial], now)];
  await writeNew(join(folder, 'ca.crl'), lists.join(''), 0o644);
  // What clients of the server trust: the root, then the authority below it.
  await writeCredential(folder, 'ca', { ...root, chain: [root.certificate, issuing.certificate] });
}

function listOf(issuer: Credential, serials: readonly string[], now: number): string {
  const revoked = serials.map((serial) => ({ serial, revokedAt: now, reason: 'keyCompromise' }));
  const { der } = createCrl(issuer, { revoked, number: 1n, thisUpdate: now - 60_000, nextUpdate: now + DAYS * DAY_MS });
  return encodePem('X509 CRL', der);
}

function named(name: string) {
  return [
    { type: 'O', value: DEVELOPMENT_ORGANIZATION },
    { type: 'CN', value: name },
  ];
}
