// What the process was started with: settings that would undo what we promise stop the start (design rule 13).

import type { Configuration } from '../config/load.ts';
import { formatRfc4514 } from '../x509/name-text.ts';

/** Organization in the names of every development certificate; what tells them from real ones. */
export const DEVELOPMENT_ORGANIZATION = 'Portcullis development (do not trust)';

export interface ProcessEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv: readonly string[];
}

const FORBIDDEN_FLAGS: Readonly<Record<string, string>> = {
  '--insecure-http-parser': 'it lets requests through that two readers take differently',
  '--tls-keylog': 'it writes the keys of all connections to a file',
};

/** Why the process must not start like this; empty when it may. */
export function findForbiddenSettings({ env, execArgv }: ProcessEnvironment): string[] {
  const problems: string[] = [];
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    problems.push('NODE_TLS_REJECT_UNAUTHORIZED=0 is set: no upstream would be verified. Unset it.');
  }
  const flags = new Set([...execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)].map(flagName));
  for (const [flag, reason] of Object.entries(FORBIDDEN_FLAGS)) {
    if (flags.has(flag)) problems.push(`Node was started with ${flag}: ${reason}. Start without it.`);
  }
  return problems;
}

/** Node takes `_` for `-` in flags, and quotes and escapes in NODE_OPTIONS. */
function flagName(word: string): string {
  const [name = ''] = word.replaceAll(/["\\]/g, '').split('=', 1);
  return name.replaceAll('_', '-');
}

/** Hosts that only this machine can reach, as they stand in addresses and URLs. */
export const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Development certificates are for this machine only. `addresses`: those that are listened on. */
export function findExposedDevelopmentPki(
  addresses: readonly string[],
  { serverCertificates, trustStores }: Pick<Configuration, 'serverCertificates' | 'trustStores'>,
): string[] {
  const exposed = addresses.filter((address) => !LOOPBACK.test(hostOf(address)));
  if (exposed.length === 0) return [];
  const certificates = [
    ...serverCertificates.map(({ leaf }) => leaf),
    ...[...trustStores.values()].flatMap(({ store }) => store.anchors),
  ];
  const development = certificates.find(({ issuer }) => formatRfc4514(issuer).includes(DEVELOPMENT_ORGANIZATION));
  if (development === undefined) return [];
  return [
    `a development certificate (${formatRfc4514(development.subject)}) would be used on ${exposed.join(', ')}, which other machines can reach. Use real certificates, or start with --demo.`,
  ];
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
