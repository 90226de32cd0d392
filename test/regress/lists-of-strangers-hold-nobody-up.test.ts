// What stood in for a list on the way from its server cost seconds of the one thread, or memory without end.

import { createServer } from 'node:net';
import t from 'tap';
import { findGenuineLists } from '../../src/revocation/genuine-lists.ts';
import { createOutbound } from '../../src/revocation/outbound.ts';
import { readCrlsElsewhere } from '../../src/revocation/read-crls.ts';
import { readWhole } from '../../src/x509/der.ts';
import { encode, octetString, sequence } from '../../src/x509/der-writer.ts';
import { indexEntries } from '../../src/x509/revoked-entries.ts';
import { makeRoot } from '../kit/pki.ts';
import { listen } from '../unit/revocation/outbound-servers.ts';

const root = makeRoot();
const list = root.crl();

t.test('a file of many lists is read no further than needed, here and in its thread', async (t) => {
  for (const count of [100, 2000]) {
    const file = Buffer.from(list.pem.repeat(count));
    t.equal((await readCrlsElsewhere(Buffer.from(file))).crls.length, count, 'of the operator');
    t.equal((await readCrlsElsewhere(Buffer.from(file), { most: 65 })).crls.length, 65);
    const found = await findGenuineLists(file, readCrlsElsewhere, [root.facts]);
    t.match(found, { ok: false, why: 'more than 64 lists came' });
    const junk = Buffer.from('-----BEGIN X509 CRL-----\nAA\n-----END X509 CRL-----\n'.repeat(count * 10));
    t.equal((await readCrlsElsewhere(junk, { most: 65 })).problems.length, 65);
  }
});

t.test('a list has little beside its entries', async (t) => {
  const withExtensions = (count: number) =>
    root.crl({
      extensions: Array.from({ length: count }, (_, n) => ({ oid: `1.2.${n}`, value: octetString(Buffer.of()) })),
    });
  t.equal(withExtensions(1000).facts.extensions.length > 1000, true);
  t.throws(() => withExtensions(10_000), { message: /crlExtensions: larger than 65536 octets/ });
});

t.test('serial numbers cannot be chosen so that they are slow to find', async (t) => {
  const seed = 0x12345678;
  const time = encode(0x17, Buffer.from('260101000000Z'));
  const source = (serials: readonly Buffer[], seed: number) => {
    const entries = serials.map((serial) => sequence(encode(0x02, serial), time));
    return { list: readWhole(sequence(...entries), 'list'), isVersion2: true, seed };
  };
  const places = 2 ** 11;
  const chosen: Buffer[] = [];
  for (let n = 1; chosen.length < 700; n++) {
    const serial = Buffer.alloc(8, 7);
    serial.writeUInt32BE(n, 4);
    if ((hashOf(serial, seed) & (places - 1)) < 16) chosen.push(serial);
  }
  t.equal(indexEntries(source(chosen, seed + 1), new Set()).size, 700, 'they are sound under another seed');
  t.throws(() => indexEntries(source(chosen, seed), new Set()), { message: /chosen so that they are slow to find/ });
});

t.test('a body that comes octet by octet costs what it is long', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const body = '1\r\nx\r\n'.repeat(60_000);
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`));
  });
  const url = `http://127.0.0.1:${await listen(t, server)}/`;
  const fetchOf = (maxBytes: number) => createOutbound()({ url, method: 'GET', maxBytes, timeLimitMs: 30_000 });
  const answer = await fetchOf(60_000);
  if (!answer.ok) throw new Error(answer.why);
  t.equal(Buffer.from(answer.body).toString(), 'x'.repeat(60_000));
  t.ok(answer.body.buffer.byteLength <= 2 * 60_000, 'in one buffer');
  t.match(await fetchOf(59_999), { ok: false, why: 'the answer is longer than 59999 bytes' });
});

/** As the table of entries does it. */
function hashOf(octets: Uint8Array, seed: number): number {
  let hash = seed;
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
