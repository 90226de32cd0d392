// Which account of a Windows domain is this? The two places for its SID in a certificate (KB5014754).

import { context, octetString, oid, sequence } from '../x509/der-writer.ts';
import { OBJECT_SID, SID_URI_PREFIX, WINDOWS_EXTENSION } from '../x509/windows-extensions.ts';
import { encodeExtension } from './extensions.ts';
import type { AlternativeName } from './names.ts';

/** The extension: every domain controller since 2022 reads it. */
export function encodeSidExtension(sid: string): Uint8Array {
  const name = context(0, oid(OBJECT_SID), context(0, octetString(Buffer.from(sid, 'latin1'))));
  return encodeExtension(WINDOWS_EXTENSION.security, false, sequence(name));
}

/** The alternative name: what a request can carry through a CA that knows no SIDs. Server 2016 does not read it. */
export function sidAlternativeName(sid: string): AlternativeName {
  return { kind: 'uri', value: `${SID_URI_PREFIX}${sid}` };
}
