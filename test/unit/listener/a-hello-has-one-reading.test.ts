// The first bytes of a connection name the host that everything after them is judged by. Whatever is not exactly a
// ClientHello is refused, and a sound one reads the same however it is cut.

import t from 'tap';
import { type HelloFault, writeAlert } from '../../../src/listener/hello-fault.ts';
import { createHelloReader, type HelloOutcome } from '../../../src/listener/hello-reader.ts';
import {
  extension,
  helloMessage,
  message,
  NAME,
  nameEntry,
  record,
  records,
  serverName,
  vector,
} from '../../kit/hello-bytes.ts';

const SOUND: HelloOutcome = { kind: 'hello', serverName: NAME };
const NAMELESS: HelloOutcome = { kind: 'hello', serverName: undefined };
const PLAIN: HelloOutcome = { kind: 'plain-http' };
const EMPTY = Buffer.alloc(0);

function read(...chunks: readonly Buffer[]): HelloOutcome | undefined {
  const reader = createHelloReader();
  let outcome: HelloOutcome | undefined;
  for (const chunk of chunks) outcome ??= reader.take(chunk);
  return outcome;
}

const hello = record(helloMessage());
const named = (name: string) => record(helloMessage({ extensions: [serverName(name)] }));
const withNames = (list: Buffer) => record(helloMessage({ extensions: [extension(0, list)] }));

t.test('sound ones', async (t) => {
  const suites = Buffer.alloc(3 * 1024, Buffer.of(0x13, 1));
  const padding = 64 * 1024 - 1 - serverName(NAME).length - 4;
  const largest = helloMessage({ suites, extensions: [serverName(NAME), extension(21, Buffer.alloc(padding))] });
  const cases: readonly (readonly [string, HelloOutcome, Buffer])[] = [
    ['as clients send it', SOUND, hello],
    [
      'the name behind other extensions',
      SOUND,
      record(helloMessage({ extensions: [extension(9, EMPTY), serverName(NAME)] })),
    ],
    ['upper case', SOUND, named('SECURE.Test')],
    ['a dot at the end', SOUND, named('secure.test.')],
    ['no server name', NAMELESS, record(helloMessage({ extensions: [extension(23, EMPTY)] }))],
    ['an empty list of extensions', NAMELESS, record(helloMessage({ extensions: [] }))],
    ['no extensions at all', NAMELESS, record(helloMessage({ extensions: null }))],
    ['no session', SOUND, record(helloMessage({ session: EMPTY }))],
    ['one suite', SOUND, record(helloMessage({ suites: Buffer.of(0x13, 1) }))],
    ['an old version', SOUND, record(helloMessage({ version: Buffer.of(3, 1) }))],
    ['an old version of the record', SOUND, record(helloMessage(), 22, Buffer.of(3, 0))],
    ['a version of the record that never was', SOUND, record(helloMessage(), 22, Buffer.of(3, 0xff))],
    ['the largest', SOUND, records(largest, 16 * 1024)],
    ['records of one byte', SOUND, records(helloMessage(), 1)],
    ['what is sent early behind it', SOUND, Buffer.concat([hello, Buffer.from('1703030001ff', 'hex')])],
  ];
  for (const [name, outcome, bytes] of cases) t.strictSame(read(bytes), outcome, name);
});

t.test('broken ones', async (t) => {
  const huge = message(1, Buffer.alloc(68 * 1024 + 1));
  const body = helloMessage().subarray(4);
  const cases: readonly (readonly [string, HelloFault, Buffer])[] = [
    ['zeros', 'not-tls', Buffer.alloc(10)],
    ['an alert', 'not-tls', Buffer.from('15030300020100', 'hex')],
    ['data of an application', 'not-tls', Buffer.from('1703030001ff', 'hex')],
    ['a hello of SSL 2', 'not-tls', Buffer.from('802e0100020015000000100100800700c0', 'hex')],
    ['another protocol', 'not-tls', Buffer.from('SSH-2.0-x\r\n')],
    ['almost HTTP', 'not-tls', Buffer.from('GETS / HTTP/1.1\r\n')],
    ['a record of SSL 2', 'record-version', record(helloMessage(), 22, Buffer.of(2, 0))],
    ['a record of TLS 4', 'record-version', record(helloMessage(), 22, Buffer.of(4, 0))],
    ['an empty record', 'record-length', Buffer.concat([record(EMPTY), hello])],
    [
      'an empty record in the middle',
      'record-length',
      Buffer.concat([records(helloMessage(), 99).subarray(0, 104), record(EMPTY)]),
    ],
    ['a record that is too long', 'record-length', Buffer.from('1603014001', 'hex')],
    [
      'an alert in the middle',
      'record-type',
      Buffer.concat([record(helloMessage().subarray(0, 50)), Buffer.from('15030300020100', 'hex')]),
    ],
    ['another message', 'message-type', record(message(2, body))],
    ['a request for a hello', 'message-type', record(message(0, EMPTY))],
    [
      'a second message behind it',
      'message-length',
      record(Buffer.concat([helloMessage(), message(20, Buffer.alloc(12))])),
    ],
    ['a message that is too long', 'too-long', record(huge.subarray(0, 4))],
    [
      'one in more bytes than it may take',
      'too-long',
      records(Buffer.concat([Buffer.of(1, 1, 0, 0), Buffer.alloc(16_000)]), 1),
    ],
    ['nothing in it', 'form', record(message(1, EMPTY))],
    ['its end within the random', 'form', record(message(1, body.subarray(0, 20)))],
    ['a long session', 'form', record(helloMessage({ session: Buffer.alloc(33) }))],
    ['no suites', 'form', record(helloMessage({ suites: EMPTY }))],
    ['half a suite', 'form', record(helloMessage({ suites: Buffer.of(0x13, 1, 0) }))],
    ['no compression', 'form', record(helloMessage({ compressions: EMPTY }))],
    ['a byte behind the extensions', 'form', record(helloMessage({ rest: Buffer.of(0) }))],
    ['half a length of extensions', 'form', record(helloMessage({ extensions: null, rest: Buffer.of(0) }))],
    [
      'an extension that is longer than the list',
      'form',
      record(helloMessage({ extensions: [Buffer.of(0, 23, 0, 1)] })),
    ],
    ['half an extension', 'form', record(helloMessage({ extensions: [Buffer.of(0, 23, 0)] }))],
    [
      'two names for two readers',
      'extension-repeated',
      record(helloMessage({ extensions: [serverName(NAME), serverName('open.test')] })),
    ],
    [
      'another extension twice',
      'extension-repeated',
      record(helloMessage({ extensions: [extension(23, EMPTY), serverName(NAME), extension(23, EMPTY)] })),
    ],
    ['two names in the list', 'form', withNames(vector(2, nameEntry(NAME), nameEntry('open.test')))],
    ['a name of another type', 'form', withNames(vector(2, nameEntry(NAME, 1)))],
    ['a name of another type behind it', 'form', withNames(vector(2, nameEntry(NAME), nameEntry(NAME, 1)))],
    ['an empty list of names', 'form', withNames(vector(2))],
    ['a name without anything around it', 'form', withNames(EMPTY)],
    ['an empty name', 'form', named('')],
    ['a name that is longer than the list', 'form', withNames(vector(2, nameEntry(NAME).subarray(0, -1)))],
    ['a byte behind the list of names', 'form', withNames(Buffer.concat([vector(2, nameEntry(NAME)), Buffer.of(0)]))],
    ['a NUL in the name', 'server-name', named('secure.test\0')],
    ['a byte above 0x7f', 'server-name', named('secur\xe9.test')],
    ['a Kelvin sign, which folds to a k', 'server-name', named(Buffer.from('\u212a.test').toString('latin1'))],
    ['an empty label', 'server-name', named('secure..test')],
    ['two dots at the end', 'server-name', named('secure.test..')],
    ['a wildcard', 'server-name', named('*.test')],
    ['a port', 'server-name', named('secure.test:443')],
    ['a long label', 'server-name', named(`${'a'.repeat(64)}.test`)],
    ['a long name', 'server-name', named(`${'a.'.repeat(126)}aa`)],
  ];
  t.strictSame(read(named(`${'a.'.repeat(126)}a`))?.kind, 'hello', 'the longest name');
  for (const [name, fault, bytes] of cases) {
    t.strictSame(read(bytes), { kind: 'refused', fault }, name);
    const single = Array.from(bytes, (byte) => Buffer.of(byte));
    t.strictSame(read(...single), { kind: 'refused', fault }, `${name}, one byte at a time`);
  }
});

t.test('plain HTTP', async (t) => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']) {
    const bytes = Buffer.from(`${method} / HTTP/1.1\r\n`);
    t.strictSame(read(bytes), PLAIN, method);
    t.strictSame(read(...Array.from(bytes, (byte) => Buffer.of(byte))), PLAIN, `${method}, one byte at a time`);
    t.equal(read(bytes.subarray(0, method.length)), undefined, 'not before it is sure');
  }
});

t.test('cut anywhere', async (t) => {
  const whole = helloMessage();
  for (let at = 1; at < hello.length; at++) {
    t.equal(read(hello.subarray(0, at)), undefined, 'more is needed');
    t.strictSame(read(hello.subarray(0, at), hello.subarray(at)), SOUND, `two pieces, at ${at}`);
  }
  for (let at = 1; at < whole.length; at++) {
    const two = Buffer.concat([record(whole.subarray(0, at)), record(whole.subarray(at))]);
    t.strictSame(read(two), SOUND, `two records, at ${at}`);
    t.equal(read(two.subarray(0, -1)), undefined);
  }
  for (const size of [1, 2, 3, 5, 20]) {
    const cut = records(whole, size);
    t.strictSame(read(...Array.from(cut, (byte) => Buffer.of(byte))), SOUND, `records of ${size}, one byte at a time`);
  }
});

t.test('all bytes are there to be put back', async (t) => {
  const reader = createHelloReader();
  const bytes = Buffer.concat([records(helloMessage(), 7), Buffer.from('more')]);
  for (let at = 0; at < bytes.length; at += 10) reader.take(bytes.subarray(at, at + 10));
  t.strictSame(reader.bytes, bytes);
});

t.test('faults are told by alerts to those who speak TLS', async (t) => {
  t.strictSame(writeAlert('form'), Uint8Array.of(21, 3, 3, 0, 2, 2, 50), 'decode_error');
  t.strictSame(writeAlert('server-name'), Uint8Array.of(21, 3, 3, 0, 2, 2, 112), 'unrecognized_name');
  t.equal(writeAlert('not-tls'), undefined);
});
