// A ClientHello from its parts, each of which may be wrong (RFC 8446 4.1.2), and the TLS records around it.

export interface HelloParts {
  readonly version?: Buffer;
  readonly random?: Buffer;
  readonly session?: Buffer;
  readonly suites?: Buffer;
  readonly compressions?: Buffer;
  /** The whole list behind its length; null: none, and no length either. */
  readonly extensions?: readonly Buffer[] | null;
  /** Behind the extensions. */
  readonly rest?: Buffer;
}

export const NAME = 'secure.test';

/** A vector behind its length (RFC 8446 3.4). */
export function vector(lengthBytes: 1 | 2 | 3, ...content: readonly Buffer[]): Buffer {
  const all = Buffer.concat(content);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(all.length, 0, lengthBytes);
  return Buffer.concat([length, all]);
}

export function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, data)]);
}

/** Characters up to U+00FF, one byte each. */
export function nameEntry(name: string, type = 0): Buffer {
  return Buffer.concat([Buffer.of(type), vector(2, Buffer.from(name, 'latin1'))]);
}

export function serverName(name: string, type = 0): Buffer {
  return extension(0, vector(2, nameEntry(name, type)));
}

/** Type, length and body of the message. */
export function helloMessage(parts: HelloParts = {}): Buffer {
  const { extensions = [serverName(NAME), extension(23, Buffer.alloc(0))] } = parts;
  const body = [
    parts.version ?? Buffer.of(3, 3),
    parts.random ?? Buffer.alloc(32, 7),
    vector(1, parts.session ?? Buffer.alloc(32, 9)),
    vector(2, parts.suites ?? Buffer.from('130113021303c02b', 'hex')),
    vector(1, parts.compressions ?? Buffer.of(0)),
    extensions === null ? Buffer.alloc(0) : vector(2, ...extensions),
    parts.rest ?? Buffer.alloc(0),
  ];
  return message(1, Buffer.concat(body));
}

export function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), vector(3, body)]);
}

export function record(fragment: Buffer, type = 22, version = Buffer.of(3, 1)): Buffer {
  return Buffer.concat([Buffer.of(type), version, vector(2, fragment)]);
}

/** Bytes in records of that many each. */
export function records(bytes: Buffer, size: number): Buffer {
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(record(bytes.subarray(at, at + size)));
  return Buffer.concat(cut);
}
