// Loads what TLS to an upstream needs: who vouches for it, and the certificate we show to it.

import type { CertificateFacts } from '../../model/certificate.ts';
import { readCertificates } from '../../x509/files.ts';
import { encodePem } from '../../x509/pem.ts';
import type { UpstreamOptions } from '../options/upstreams.ts';
import type { NamedPart } from '../parts.ts';
import type { Report } from '../report.ts';
import type { ConfigPath } from '../source.ts';
import type { FileReader } from './file-reader.ts';
import { loadKeyPair } from './key-pair.ts';

export interface UpstreamTls {
  /** Certificates in PEM, or the public authorities. */
  readonly ca: string[] | 'system';
  readonly cert?: string;
  readonly key?: string;
  /** The certificate that is shown. */
  readonly leaf?: CertificateFacts;
}

/** undefined: no https upstream, or problems were reported. */
export async function loadUpstreamTls(
  { path, options }: NamedPart<UpstreamOptions>,
  context: { reader: FileReader; report: Report; now: number },
): Promise<UpstreamTls | undefined> {
  const { cert, key, ca } = options;
  if (new URL(options.url).protocol !== 'https:') return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    context.report.error([...path, has], `\`${has}\` without \`${lacks}\``, `add "${lacks}: FILE" beside it`);
  }
  const pair = await loadKeyPair(path, { cert, key }, context);
  if (ca === undefined) return undefined;
  const authorities = ca === 'system' ? ca : await loadAuthorities([...path, 'ca'], ca, context);
  if (authorities === undefined || (cert !== undefined && pair === undefined)) return undefined;
  return { ca: authorities, ...(pair && { cert: pair.certPem, key: pair.keyPem, leaf: pair.leaf }) };
}

/** PEM of the certificates of a file; undefined: problems were reported. */
export async function loadAuthorities(
  path: ConfigPath,
  name: string,
  { reader, report }: { reader: FileReader; report: Report },
): Promise<string[] | undefined> {
  const file = await reader.read(path, name);
  if (file === undefined) return undefined;
  const { certificates, problems } = readCertificates(file.bytes);
  for (const { line, message } of problems) {
    report.inFile('error', file, line, message, 'replace the file with a complete one, in PEM, DER or PKCS#7');
  }
  return problems.length > 0 ? undefined : certificates.map(({ der }) => encodePem('CERTIFICATE', der));
}
