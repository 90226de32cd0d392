// The one error that leaves this room: the bytes are not what they should be.

/** `message` says where and what: `certificate.tbs.extensions[3].subjectAltName: empty dNSName`. */
export class Malformed extends Error {
  constructor(where: string, what: string) {
    super(`${where}: ${what}`);
    this.name = 'Malformed';
  }
}
