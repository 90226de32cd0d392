// Loads the server certificates, and asks which hosts they are good for.

import type { CertificateFacts } from '../../model/certificate.ts';
import { coversHost, normalizeHost } from '../hosts.ts';
import type { CertificateOptions, Part } from '../parts.ts';
import type { Report } from '../report.ts';
import type { FileReader } from './file-reader.ts';
import { loadKeyPair } from './key-pair.ts';

export interface ServerCertificate {
  /** What it is chosen for by SNI: lower case, exact or `*.suffix`. */
  readonly hosts: readonly string[];
  /** Also for clients that send no SNI. */
  readonly isDefault: boolean;
  /** Leaf and intermediates. */
  readonly certPem: string;
  /** PKCS#8, not encrypted: never to be logged. */
  readonly keyPem: string;
  readonly leaf: CertificateFacts;
}

/** undefined: problems were reported. */
export async function loadServerCertificate(
  { path, options }: Part<CertificateOptions>,
  context: { reader: FileReader; report: Report; now: number },
): Promise<ServerCertificate | undefined> {
  const { report } = context;
  // The table of what is not available speaks of it.
  if (options.pfx !== undefined) return undefined;
  for (const key of ['cert', 'key'] as const) {
    if (options[key] === undefined)
      report.error(path, `the server certificate has no \`${key}\``, `add "${key}: FILE"`);
  }
  const pair = await loadKeyPair(path, options, context);
  if (pair === undefined) return undefined;

  const names = namesOf(pair.leaf);
  if (options.hosts === undefined && names.length === 0) {
    const message = 'the certificate has no subject alternative name that could be a host';
    report.inFile('error', pair.certificateFile, undefined, message, 'issue it with its DNS names, or set `hosts`');
  }
  const hosts = options.hosts?.map((host, index) => readHost([...path, 'hosts', index], host, names, report)) ?? names;
  const { certPem, keyPem, leaf } = pair;
  return { hosts, isDefault: options.default, certPem, keyPem, leaf };
}

/** RFC 9525 6.3: the subject alternative names alone count; no client of today looks at the common name. */
export function namesOf(leaf: CertificateFacts): string[] {
  const names = leaf.known.subjectAltNames ?? [];
  return names.flatMap((name) => {
    const host = name.kind === 'dns' || name.kind === 'ip' ? normalizeHost(name.value) : undefined;
    return host === undefined || host === '*' ? [] : [host];
  });
}

function readHost(path: Part<unknown>['path'], host: string, names: readonly string[], report: Report): string {
  const normal = normalizeHost(host);
  if (normal === undefined || normal === '*') {
    const remedy = 'write a DNS name or *.suffix; `default: true` is for clients that name no host';
    report.error(path, `"${host}" is no host that a client can name`, remedy);
    return host;
  }
  if (!coversHost(names, normal)) {
    const list = names.length === 0 ? 'no host at all' : names.join(', ');
    report.error(
      path,
      `the certificate is not good for "${normal}", but for ${list}`,
      'issue it with that name, or remove the host',
    );
  }
  return normal;
}
