// Which certificate does a command line mean? A file, issuer and serial number, a key, or a fingerprint.

import { InvalidArgumentError, Option } from 'commander';
import type { Configuration } from '../config/load.ts';
import { CREDENTIAL_WAYS, type CredentialWay, credentialOf } from '../decision/credential-of.ts';
import { createIssuerLookUp, type FoundIssuer, isIssuedBy } from '../decision/find-issuer.ts';
import type { NewCredential } from '../directory/changes.ts';
import { type Cell, readDigest, readSerial } from '../directory/import-cells.ts';
import type { CertificateFacts } from '../model/certificate.ts';
import { systemClock } from '../model/clock.ts';
import { StartFault } from '../model/fault.ts';
import { formatRfc4514 } from '../x509/name-text.ts';
import { readChain } from './credential-files.ts';

export interface CertificateOptions {
  readonly cert?: string;
  readonly by?: CredentialWay;
  readonly issuer?: string;
  readonly issuerCert?: string;
  readonly issuerKey?: string;
  readonly serial?: string;
  readonly publicKey?: string;
  readonly fingerprint?: string;
}

/** What `chooseCertificate` reads. */
export function certificateOptions(): Option[] {
  const digest = argumentReader(readDigest);
  return [
    new Option('--cert <file>', 'the certificate, and what its client sends behind it (PEM, DER or PKCS#7)'),
    new Option(
      '--by <what>',
      'with --cert: known again by issuer and serial number (the default), key, or signed content',
    ).choices(CREDENTIAL_WAYS),
    new Option('--serial <number>', 'its serial number, as it is displayed; with one of the next three').argParser(
      argumentReader(readSerial),
    ),
    new Option('--issuer <name>', 'its issuer: the whole name of one authority of the trust stores'),
    new Option('--issuer-cert <file>', 'its issuer: a certificate of the authority'),
    new Option('--issuer-key <sha256>', 'its issuer: the SHA-256 of the public key').argParser(digest),
    new Option('--public-key <sha256>', 'every certificate with this key').argParser(digest),
    new Option('--fingerprint <sha256>', 'the SHA-256 of the certificate').argParser(digest),
  ];
}

export function argumentReader<T>(read: (text: string) => Cell<T>): (text: string) => T {
  return (text) => {
    const cell = read(text);
    if ('value' in cell) return cell.value;
    throw new InvalidArgumentError(`${cell.flaw}.`);
  };
}

/** Says what is wrong with the command line, and ends the command with exit code 2. */
export type Misuse = (message: string) => never;

/** undefined where the command line names none. Throws StartFault where it names one that cannot be told for sure. */
export async function chooseCertificate(
  options: CertificateOptions,
  configuration: Configuration,
  misuse: Misuse,
): Promise<NewCredential | undefined> {
  const { cert, by, serial, publicKey, fingerprint, issuer, issuerCert, issuerKey } = options;
  const ways = [cert, serial, publicKey, fingerprint].filter((each) => each !== undefined);
  const issuers = [issuer, issuerCert, issuerKey].filter((each) => each !== undefined);
  if (ways.length > 1) misuse('name the certificate in one way: --cert, --serial, --public-key or --fingerprint');
  if (by !== undefined && cert === undefined) misuse('--by goes with --cert');
  if (serial !== undefined && issuers.length !== 1) {
    misuse('a serial number goes with its issuer: one of --issuer, --issuer-cert and --issuer-key');
  }
  if (serial === undefined && issuers.length > 0 && !(cert !== undefined && issuerCert !== undefined)) {
    misuse('an issuer goes with --serial (--issuer-cert also with --cert)');
  }
  if (cert !== undefined) return fromFile(cert, by ?? 'issuer-serial', issuerCert, configuration);
  if (serial !== undefined) {
    const { key, name } = await issuerOf(options, configuration);
    return { match: { kind: 'issuer-serial', issuerSpki: key, serial }, issuerName: name };
  }
  if (publicKey !== undefined) return { match: { kind: 'spki', spki: publicKey } };
  return fingerprint === undefined ? undefined : { match: { kind: 'fingerprint', fingerprint } };
}

/** All trust stores of a configuration. */
export function storesOf({ trustStores }: Configuration) {
  return [...trustStores.values()].map(({ store }) => store);
}

async function issuerOf(
  { issuer, issuerCert, issuerKey }: CertificateOptions,
  configuration: Configuration,
): Promise<FoundIssuer> {
  if (issuerKey !== undefined) return { key: issuerKey, name: '' };
  if (issuerCert !== undefined) return describe((await readChain(issuerCert))[0]);
  const found = createIssuerLookUp(storesOf(configuration))(issuer ?? '');
  if ('value' in found) return found.value;
  throw new StartFault(`--issuer: ${found.flaw}`);
}

function describe({ publicKey, subject }: CertificateFacts): FoundIssuer {
  return { key: publicKey.spkiHash, name: formatRfc4514(subject) };
}

async function fromFile(
  file: string,
  by: CredentialWay,
  issuerFile: string | undefined,
  configuration: Configuration,
): Promise<NewCredential> {
  const [leaf, ...presented] = await readChain(file);
  const given = issuerFile === undefined ? undefined : (await readChain(issuerFile))[0];
  if (given !== undefined && !isIssuedBy(leaf, given)) throw new StartFault(`${issuerFile} has not issued ${file}`);
  const trustStores = storesOf(configuration);
  const { validation } = configuration.settings;
  const { credential, refusal } = credentialOf({
    leaf,
    presented,
    trustStores,
    validation,
    now: systemClock(),
    by,
    issuer: given && describe(given),
  });
  if (refusal !== undefined) {
    process.stderr.write(`portcullis: ${file}: no trust store accepts it at the moment: ${refusal.code}\n`);
  }
  if (credential !== undefined) return credential;
  throw new StartFault(
    `${file}: no authority of the trust stores has issued it; name its issuer by --issuer-cert, or use --by tbs`,
  );
}
