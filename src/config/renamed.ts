// What is a key called here that has another name elsewhere, or had one before?

import { type ConfigPath, formatPath } from './source.ts';

interface Row {
  /** Map that the key stands in: segments joined by dots, `*` for any one; empty for the whole. */
  readonly in: string;
  readonly was: string;
  /** The key in the same map, or the whole path where it stands elsewhere. */
  readonly now: string;
}

/**
 * Too far from what is meant to be found as a slip of the pen. A key that a version renames gets a row, which stays: a
 * configuration may be years old. The first ones are what others call the same.
 */
export const RENAMED: readonly Row[] = [
  { in: '', was: 'listen', now: 'listeners' },
  { in: '', was: 'tls', now: 'certificates' },
  { in: '', was: 'ca', now: 'trust' },
  { in: '', was: 'backends', now: 'upstreams' },
  { in: '', was: 'hosts', now: 'sites' },
  { in: '', was: 'routes', now: 'sites' },
  { in: '', was: 'redis', now: 'cache.redis' },
  { in: '', was: 'metrics', now: 'probes' },
  { in: '', was: 'health', now: 'probes' },
  { in: '', was: 'logging', now: 'log' },
  { in: '', was: 'jwt', now: 'token' },
  { in: '', was: 'watch', now: 'reload.watch' },
  { in: 'listeners.*', was: 'port', now: 'address' },
  { in: 'listeners.*', was: 'listen', now: 'address' },
  { in: 'listeners.*', was: 'protocols', now: 'http2' },
  { in: 'certificates.*', was: 'certificate', now: 'cert' },
  { in: 'certificates.*', was: 'privateKey', now: 'key' },
  { in: 'certificates.*', was: 'names', now: 'hosts' },
  { in: 'certificates.*', was: 'password', now: 'passwordFile' },
  { in: 'trust.*', was: 'ca', now: 'anchors' },
  { in: 'trust.*', was: 'roots', now: 'anchors' },
  { in: 'trust.*', was: 'crl', now: 'revocation.crl' },
  { in: 'trust.*', was: 'ocsp', now: 'revocation.ocsp' },
  { in: 'upstreams.*', was: 'target', now: 'url' },
  { in: 'upstreams.*', was: 'address', now: 'url' },
  { in: 'upstreams.*', was: 'headers', now: 'identityHeaders' },
  { in: 'sites.*', was: 'locations', now: 'paths' },
  { in: 'sites.*', was: 'backend', now: 'upstream' },
  { in: 'sites.*', was: 'verify', now: 'clientCertificate' },
  { in: 'sites.*', was: 'sslFlags', now: 'clientCertificate' },
  { in: 'sites.*.paths.*', was: 'backend', now: 'upstream' },
  { in: 'sites.*.paths.*', was: 'verify', now: 'clientCertificate' },
  { in: 'sites.*.paths.*', was: 'sslFlags', now: 'clientCertificate' },
  { in: 'limits', was: 'maxConnections', now: 'connections' },
  { in: 'limits', was: 'maxBodySize', now: 'bodyBytes' },
  { in: 'limits', was: 'maxHeaderSize', now: 'headerBytes' },
  { in: 'timeouts', was: 'keepAlive', now: 'idle' },
  { in: 'timeouts', was: 'shutdown', now: 'drain' },
  { in: 'timeouts', was: 'grace', now: 'drain' },
  { in: 'shutdown', was: 'timeout', now: 'timeouts.drain' },
  { in: 'shutdown', was: 'drain', now: 'timeouts.drain' },
];

/** The name that an unknown key of the map at `path` has here, as a remedy; undefined: none is known. */
export function explainRenamed(path: ConfigPath, key: string): string | undefined {
  const now = RENAMED.find((row) => row.was === key && isAt(path, row.in))?.now;
  if (now === undefined) return undefined;
  const at = formatPath(path);
  return now.includes('.') ? `it stands in \`${now}\`` : `it is called \`${now}\`${at === '' ? '' : ` in \`${at}\``}`;
}

function isAt(path: ConfigPath, pattern: string): boolean {
  const steps = pattern === '' ? [] : pattern.split('.');
  return steps.length === path.length && steps.every((step, index) => step === '*' || step === String(path[index]));
}
