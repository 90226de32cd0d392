// Extensions as a Windows authority writes them, for certificates of tests.

import { TAG } from '../../src/x509/der.ts';
import { context, encode, integer, octetString, oid, sequence, utf8String } from '../../src/x509/der-writer.ts';
import { WINDOWS_EXTENSION } from '../../src/x509/windows-extensions.ts';
import type { TestExtension } from './pki.ts';

export function sidExtension(sid: string, objectSid = '1.3.6.1.4.1.311.25.2.1'): TestExtension {
  const name = context(0, oid(objectSid), context(0, octetString(Buffer.from(sid))));
  return { oid: WINDOWS_EXTENSION.security, value: sequence(name) };
}

/** `bmp`: as real authorities write it; the specification says UTF8String. */
export function templateNameExtension(name: string, bmp = true): TestExtension {
  const value = bmp ? encode(TAG.bmpString, Buffer.from(name, 'utf16le').swap16()) : utf8String(name);
  return { oid: WINDOWS_EXTENSION.templateName, value };
}

export function templateExtension(template: string): TestExtension {
  const value = sequence(oid(template), integer(100), integer(7));
  return { oid: WINDOWS_EXTENSION.templateInformation, value };
}
