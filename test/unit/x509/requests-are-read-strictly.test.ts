import t from 'tap';
import { encodeExtension } from '../../../src/pki/extensions.ts';
import { boolean, encode, integer, nullValue, sequence } from '../../../src/x509/der-writer.ts';
import { readRequests } from '../../../src/x509/files.ts';
import { encodePem } from '../../../src/x509/pem.ts';
import { parseRequest } from '../../../src/x509/request.ts';
import { makeRoot } from '../../kit/pki.ts';
import {
  attribute,
  CERT_EXTENSIONS,
  EXTENSION_REQUEST,
  type RequestOptions,
  writeCertreqRequest,
  writeTestRequest,
} from '../../kit/requests.ts';

const SAN = [{ kind: 'dns', value: 'a.example' }] as const;

t.test('what is read', async (t) => {
  const bare = parseRequest(writeTestRequest({ cn: 'bare' }));
  t.match(bare, { subject: { rdns: [[{ value: 'bare' }]] }, publicKey: { kind: 'ec' }, extensions: [] });
  t.equal(bare.known.subjectAltNames, undefined);
  for (const attributeType of [EXTENSION_REQUEST, CERT_EXTENSIONS]) {
    t.match(parseRequest(writeTestRequest({ san: SAN, attributeType })).known.subjectAltNames, SAN);
  }
  const certreq = parseRequest(writeCertreqRequest({ san: SAN }));
  t.match(certreq.known.subjectAltNames, SAN);
  t.ok(certreq.known.keyUsage?.has('keyEncipherment'));
});

t.test('what is malformed', async (t) => {
  const names = encodeExtension('2.5.29.17', false, sequence(encode(0x82, Buffer.from('b.example'))));
  const cases: [RequestOptions, RegExp][] = [
    [{ version: 1 }, /version: no such version/],
    [{ san: SAN, attributes: [attribute(CERT_EXTENSIONS, sequence(names))] }, /an extension is asked for twice/],
    [{ san: SAN, extensions: [names] }, /2\.5\.29\.17 is there twice/],
    [{ attributes: [attribute(EXTENSION_REQUEST, sequence(names), sequence(names, names))] }, /octets too many/],
    [{ attributes: [attribute(EXTENSION_REQUEST, sequence())] }, /no extensions/],
    [{ attributes: [attribute('1.2.3', encode(1, Uint8Array.of(7)))] }, /BOOLEAN/],
    [{ extensions: [encodeExtension('2.5.29.19', true, sequence(boolean(false)))] }, /default FALSE/],
  ];
  t.doesNotThrow(() => parseRequest(writeTestRequest({ attributes: [attribute('1.2.3', boolean(true))] })));
  for (const [options, message] of cases) {
    t.throws(() => parseRequest(writeTestRequest(options)), { name: 'Malformed', message });
  }
  const der = writeTestRequest();
  t.throws(() => parseRequest(Buffer.concat([der, nullValue()])), { message: /octets too many/ });
  t.throws(() => parseRequest(sequence(integer(0))), { message: /tag/ });
  t.throws(() => parseRequest(new Uint8Array(65_537)), { message: /larger than 65536 octets/ });
});

t.test('files', async (t) => {
  const der = writeTestRequest();
  for (const label of ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']) {
    const { requests, problems } = readRequests(Buffer.from(`who: alice\n${encodePem(label, der)}`));
    t.strictSame(problems, []);
    t.match(requests, [{ line: 2 }]);
  }
  t.equal(readRequests(der).requests.length, 1, 'DER');
  t.match(readRequests(Buffer.from(makeRoot().pem)).problems, [{ message: 'holds no certificate request' }]);
  t.match(readRequests(makeRoot().der), { requests: [], problems: [{ message: /request/ }] });
});
