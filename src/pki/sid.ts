// Which account of a Windows domain is this? The two places for its SID in a certificate (KB5014754).

import { context, octetString, oid, sequence } from '../x509/der-writer.ts';
import { encodeExtension } from './extensions.ts';
import type { AlternativeName } from './names.ts';

/** szOID_NTDS_CA_SECURITY_EXT ([MS-WCCE] 2.2.2.7.7.4), never critical. */
const SECURITY_EXTENSION = '1.3.6.1.4.1.311.25.2';
const OBJECT_SID = '1.3.6.1.4.1.311.25.2.1';

/** The extension: every domain controller since 2022 reads it. */
export function encodeSidExtension(sid: string): Uint8Array {
  const name = context(0, oid(OBJECT_SID), context(0, octetString(Buffer.from(sid, 'latin1'))));
  return encodeExtension(SECURITY_EXTENSION, false, sequence(name));
}

/** The alternative name: what a request can carry through a CA that knows no SIDs. Server 2016 does not read it. */
export function sidAlternativeName(sid: string): AlternativeName {
  return { kind: 'uri', value: `tag:microsoft.com,2022-09-14:sid:${sid}` };
}
