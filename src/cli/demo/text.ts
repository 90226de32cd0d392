// What the demo prints: lines to paste.

export function demoText(certificates: string, port: number): string {
  const curl = `curl --cacert ${certificates}/ca.pem`;
  const as = (name: string) => `--cert ${certificates}/${name}.pem --key ${certificates}/${name}.key`;
  const url = `https://localhost:${port}`;
  return `
This is a demo: the certificates are made for it, and the service behind it only shows what it receives.

  /public  ignores client certificates
    ${curl} ${url}/public
  /admin  requires one
    ${curl} ${as('alice')} ${url}/admin
    ${curl} ${url}/admin                       (refused: 403.7, none was sent)
  everything else accepts one, and a bad one is refused
    ${curl} ${url}/
    ${curl} ${as('bob')} ${url}/
    ${curl} ${as('revoked')} ${url}/           (refused: 403.13, it was revoked)

Ctrl-C stops it.

`;
}
