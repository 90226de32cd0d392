// What somebody can do who has the key of the tickets and a session of his own: put another certificate into it
// (RFC 5077 4, with the layout that Node gives its 48 bytes).

import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { contentOf, derOf, type Element, insideEach, readWhole } from '../../src/x509/der.ts';
import { context, integer, octetString, sequence } from '../../src/x509/der-writer.ts';

/** Tags of OpenSSL's SSL_SESSION. */
const PEER = 0xa3;
const VERIFY_RESULT = 0xa5;
const TICKET = 0xaa;
const EARLY_DATA = 0xaf;
const CIPHER = 'aes-128-cbc';
const MAC_BYTES = 32;

/** `session`: a client's, in DER. Throws when the key is not that of its ticket. */
export function forgeSession(session: Uint8Array, ticketKey: Buffer, certificate: Uint8Array): Buffer {
  return changeTicket(session, (ticket) => forgeTicket(ticket, ticketKey, certificate));
}

/** The session with another ticket. */
export function changeTicket(session: Uint8Array, change: (ticket: Buffer) => Buffer): Buffer {
  return rewrite(session, (element) => {
    if (element.tag !== TICKET) return derOf(element);
    const [ticket] = insideEach(element, (inner) => Buffer.from(contentOf(inner)));
    if (ticket === undefined) throw new Error('a session without a ticket');
    return context(10, octetString(change(ticket)));
  });
}

/** The session, as one whose client may send that many bytes before it has heard from the server (RFC 8446 4.6.1). */
export function allowEarlyData(session: Uint8Array, bytes: number): Buffer {
  const allowance = context(15, integer(BigInt(bytes)));
  const elements = insideEach(readWhole(session, 'session'), (element) => ({ tag: element.tag, der: derOf(element) }));
  const before = elements.filter(({ tag }) => tag < EARLY_DATA);
  const behind = elements.filter(({ tag }) => tag > EARLY_DATA);
  return Buffer.from(sequence(...before.map(({ der }) => der), allowance, ...behind.map(({ der }) => der)));
}

function forgeTicket(ticket: Buffer, ticketKey: Buffer, certificate: Uint8Array): Buffer {
  const [name, macKey, key] = [ticketKey.subarray(0, 16), ticketKey.subarray(16, 32), ticketKey.subarray(32)];
  const macOf = (bytes: Buffer) => createHmac('sha256', macKey).update(bytes).digest();
  const [sealed, mac] = [ticket.subarray(0, -MAC_BYTES), ticket.subarray(-MAC_BYTES)];
  if (!timingSafeEqual(macOf(sealed), mac)) throw new Error('this is not the key of the ticket');
  const opener = createDecipheriv(CIPHER, key, sealed.subarray(16, 32));
  const state = Buffer.concat([opener.update(sealed.subarray(32)), opener.final()]);
  const forged = rewrite(state, (element) => {
    if (element.tag === PEER) return context(3, certificate);
    // Left out: no error.
    return element.tag === VERIFY_RESULT ? undefined : derOf(element);
  });
  const iv = randomBytes(16);
  const sealer = createCipheriv(CIPHER, key, iv);
  const body = Buffer.concat([name, iv, sealer.update(forged), sealer.final()]);
  return Buffer.concat([body, macOf(body)]);
}

function rewrite(der: Uint8Array, change: (element: Element) => Uint8Array | undefined): Buffer {
  const elements = insideEach(readWhole(der, 'session'), change);
  return Buffer.from(sequence(...elements.filter((element) => element !== undefined)));
}
