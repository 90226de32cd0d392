// How is a certificate issued so that the authority knows of it before anybody has it?

import type { KeyObject } from 'node:crypto';
import { addCertificate, changeState } from '../authority/state.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import { type Authority, chainPem, privateKeyPem } from '../pki/authority.ts';
import { credentialFiles, readAuthority, refuseExisting, writeNew } from './credential-files.ts';

/** A certificate with its chain, and its key where the authority made that too. */
interface Issued {
  readonly certificate: CertificateFacts;
  readonly chain: readonly CertificateFacts[];
  readonly privateKey?: KeyObject;
}

/** Issues, records and writes `NAME.pem`, and `NAME.key` when there is a key. Gives what was written. */
export async function issueOnRecord(
  folder: string,
  name: string,
  issue: (issuer: Authority) => Issued,
): Promise<Readonly<Record<string, string>>> {
  const issuer = await readAuthority(folder, 'issuing');
  return changeState(folder, async (state, save) => {
    const { certificate, chain, privateKey } = issue(issuer);
    const files = credentialFiles(folder, name);
    refuseExisting(privateKey === undefined ? [files.certificate] : [files.certificate, files.key]);
    await save(addCertificate(state, certificate, { issuer: 'issuing', file: `${name}.pem` }));
    if (privateKey !== undefined) await writeNew(files.key, privateKeyPem({ privateKey }), 0o600);
    await writeNew(files.certificate, chainPem({ chain }), 0o644);
    return {
      certificate: files.certificate,
      ...(privateKey !== undefined && { key: files.key }),
      serial: certificate.serial,
    };
  });
}
