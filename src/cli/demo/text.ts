// What the demo prints: lines to paste.

export function demoText(certificates: string, port: number): string {
  const file = (name: string) => quote(`${certificates}/${name}`);
  const curl = `curl --cacert ${file('ca.pem')}`;
  const as = (name: string) => `--cert ${file(`${name}.pem`)} --key ${file(`${name}.key`)}`;
  const url = `https://localhost:${port}`;
  return `
This is a demo: the certificates are made for it, and the service behind it only shows what it receives.

/public ignores client certificates:
  ${curl} ${url}/public

/admin requires one:
  ${curl} ${as('alice')} ${url}/admin

so that this is refused (403.7, no certificate was sent):
  ${curl} ${url}/admin

Everything else accepts one:
  ${curl} ${url}/
  ${curl} ${as('bob')} ${url}/

and refuses one that is not good (403.13, it was revoked):
  ${curl} ${as('revoked')} ${url}/

Ctrl-C stops it.

`;
}

/** For a shell. */
function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
