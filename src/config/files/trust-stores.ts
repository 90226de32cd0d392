// Loads the certificates and CRLs of one trust store, and asks whether together they can answer anything.

import type { CertificateFacts, CrlFacts } from '../../model/certificate.ts';
import { endOf } from '../../revocation/crl-order.ts';
import { checkCrlSignatures } from '../../revocation/crl-signature.ts';
import { type RevocationOptions, revocationOptions } from '../../revocation/options.ts';
import { readCrlsElsewhere } from '../../revocation/read-crls.ts';
import { findCrlDefect, isIssuedBy } from '../../revocation/usable-crl.ts';
import { isAddress } from '../../revocation/web-address.ts';
import { authoritiesOf, createTrustStore, type TrustStore } from '../../trust/trust-store.ts';
import { readCertificates } from '../../x509/files.ts';
import { formatRfc4514 } from '../../x509/name-text.ts';
import type { NamedPart } from '../parts.ts';
import type { NamedFile, Report } from '../report.ts';
import type { TrustStoreOptions } from '../schema.ts';
import type { FileReader } from './file-reader.ts';

export interface LoadedTrust {
  readonly store: TrustStore;
  readonly crls: readonly CrlFacts[];
  readonly crlPlaces: CrlPlaces;
  /** Mode `off` where the configuration says nothing. */
  readonly revocation: RevocationOptions;
  readonly partialChain: boolean;
}

/** Where the lists of a trust store are kept. */
export interface CrlPlaces {
  /** The folders that it names, in that order. */
  readonly folders: readonly string[];
  /** The file of each list, by its fingerprint. */
  readonly files: ReadonlyMap<string, string>;
}

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What an empty folder of lists is; an error when left out: its lists may be lost. */
  readonly emptyCrlFolder?: 'error' | 'warning';
}

interface LoadedCrl {
  readonly facts: CrlFacts;
  readonly file: NamedFile;
  readonly line: number | undefined;
}

/** undefined: the store would be empty or incomplete, and problems were reported. */
export async function loadTrustStore(
  part: NamedPart<TrustStoreOptions>,
  context: Context,
): Promise<LoadedTrust | undefined> {
  const { path, name, options } = part;
  const { report, now } = context;
  const certificates = await loadAnchors(part, context);
  const revocation = options.revocation ?? revocationOptions.parse({ mode: 'off' });
  const { crls, folders } = await loadCrls(part, context);
  if (certificates === undefined) return undefined;

  const { partialChain } = options;
  const { store, problems, warnings } = createTrustStore({ name, certificates, partialChain, at: now });
  const at = [...path, 'anchors'];
  const remedy = partialChain
    ? 'add the certificate of an authority'
    : 'add the self-signed certificate of the authority, or set `partialChain: true` if an intermediate shall be an anchor';
  for (const message of problems) report.error(at, message, remedy);
  if (store === undefined) return undefined;
  for (const warning of warnings) report.warning(at, `${name}: ${warning}`, 'nothing, if that is meant');
  if (revocation.mode !== 'off') {
    const authorities = authoritiesOf(store);
    await checkCrlSignatures(
      crls.map(({ facts }) => facts),
      authorities,
    );
    for (const crl of crls) checkCrl(crl, authorities, revocation, context);
    if (revocation.mode === 'hard' && crls.length > 0 && hasFilesOnly(revocation))
      checkCoverage(part, authorities, crls, report);
  }
  const files = new Map(crls.map(({ facts, file }) => [facts.fingerprint, file.file]));
  return { store, crls: crls.map(({ facts }) => facts), crlPlaces: { folders, files }, revocation, partialChain };
}

/** undefined where any file has a problem: a store that lacks a certificate by accident is not the one configured. */
async function loadAnchors(
  { path, options }: NamedPart<TrustStoreOptions>,
  { reader, report }: Context,
): Promise<CertificateFacts[] | undefined> {
  const loaded: CertificateFacts[] = [];
  let complete = true;
  for (const [index, name] of options.anchors.entries()) {
    const files = await reader.readAll([...path, 'anchors', index], name);
    complete &&= files.length > 0;
    for (const file of files) {
      const { certificates, problems } = readCertificates(file.bytes);
      for (const { line, message } of problems) {
        report.inFile('error', file, line, message, 'replace the file with a complete one, in PEM, DER or PKCS#7');
      }
      complete &&= problems.length === 0;
      loaded.push(...certificates.map(({ facts }) => facts));
    }
  }
  return complete ? loaded : undefined;
}

async function loadCrls(
  { path, options }: NamedPart<TrustStoreOptions>,
  { reader, report, emptyCrlFolder }: Context,
): Promise<{ readonly crls: readonly LoadedCrl[]; readonly folders: readonly string[] }> {
  const loaded: LoadedCrl[] = [];
  const folders: string[] = [];
  for (const [index, name] of (options.revocation?.crl ?? []).entries()) {
    if (isAddress(name)) continue;
    const at = [...path, 'revocation', 'crl', index];
    const folder = await reader.findFolder(at, name);
    if (folder !== undefined) folders.push(folder);
    for (const file of await reader.readAll(at, name, emptyCrlFolder)) {
      const { crls, problems } = await readCrlsElsewhere(file.bytes);
      for (const { line, message } of problems) {
        report.inFile('error', file, line, message, 'replace the file with a complete CRL, in PEM or DER');
      }
      loaded.push(...crls.map(({ facts, line }) => ({ facts, file, line })));
    }
  }
  return { crls: loaded, folders };
}

function checkCrl(
  { facts, file, line }: LoadedCrl,
  authorities: readonly CertificateFacts[],
  { mode, maxStale }: RevocationOptions,
  { report, now }: Context,
): void {
  const issuer = formatRfc4514(facts.issuer);
  const end = endOf(facts);
  if (now > end) {
    const due = `the CRL of ${issuer} was due to be replaced at ${new Date(end).toISOString()}`;
    // No error: one list must not keep the whole gateway, or a reload of something else, from going on.
    const refuses = mode === 'hard' && now > end + maxStale;
    const message = refuses ? `${due}: certificates of this issuer are refused` : due;
    report.inFile('warning', file, line, message, 'fetch the current CRL; `maxStale` says how long an old one counts');
  }
  if (now < facts.thisUpdate) {
    const message = `the CRL of ${issuer} is valid from ${new Date(facts.thisUpdate).toISOString()} only`;
    report.inFile('warning', file, line, message, 'check the clock of this machine');
  }
  const defect = findCrlDefect(facts);
  if (defect !== undefined) {
    report.inFile('warning', file, line, `the CRL of ${issuer} ${defect}: it is not used`, 'ask for a complete CRL');
  }
  if (!authorities.some((authority) => isIssuedBy(facts, authority))) {
    const message = `no certificate of the trust store issued the CRL of ${issuer}`;
    report.inFile('warning', file, line, message, 'add its issuer to `anchors`, or remove the CRL');
  }
}

/** Nobody else could tell what the files do not. */
function hasFilesOnly({ crl, cdp, ocsp }: RevocationOptions): boolean {
  return !crl.some(isAddress) && !cdp && ocsp === false;
}

/** In hard mode whoever is issued by an authority without a list is refused. Better said before than found out. */
function checkCoverage(
  { path, name }: NamedPart<TrustStoreOptions>,
  authorities: readonly CertificateFacts[],
  crls: readonly LoadedCrl[],
  report: Report,
): void {
  for (const authority of authorities) {
    if (crls.some(({ facts }) => isBase(facts) && isIssuedBy(facts, authority))) continue;
    const message = `no usable CRL of ${formatRfc4514(authority.subject)} in trust store "${name}": what it issued is refused in hard mode`;
    report.warning([...path, 'revocation', 'crl'], message, 'add its CRL, if it issues certificates that are in use');
  }
}

/** Delta lists alone clear nobody. */
function isBase(crl: CrlFacts): boolean {
  return crl.deltaCrlIndicator === undefined && findCrlDefect(crl) === undefined;
}
