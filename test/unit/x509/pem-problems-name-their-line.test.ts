import t from 'tap';
import { encodePem, readPem } from '../../../src/x509/pem.ts';

const DER = Uint8Array.from({ length: 100 }, (_, index) => index);
const PEM = encodePem('CERTIFICATE', DER);
const messages = (text: string) => readPem(text).problems.map(({ line, message }) => `${line}: ${message}`);
const NO_END = 'the CERTIFICATE block has no END';
const FENCE = 'a BEGIN or END line that is incomplete or does not fit';

t.test('blocks', async (t) => {
  t.same(readPem(PEM), { blocks: [{ label: 'CERTIFICATE', der: DER, line: 1 }], problems: [] });
  const two = readPem(`# of the corporate CA\n\n${PEM}s:CN=alice\n${encodePem('X509 CRL', DER)}`);
  t.match(two.blocks, [
    { label: 'CERTIFICATE', line: 3 },
    { label: 'X509 CRL', line: 9 },
  ]);
  t.same(two.problems, []);
  t.same(readPem('').blocks, []);
  t.same(readPem('no block\n'), { blocks: [], problems: [] });
  for (const [why, text] of [
    ['CRLF', PEM.replaceAll('\n', '\r\n')],
    ['rules of dashes', `# ----------------\n${PEM}`],
    ['byte order mark', `\ufeff${PEM}`],
    ['no last line end', PEM.trimEnd()],
    ['spaces behind lines', PEM.replaceAll('\n', '  \n')],
    ['one long line', PEM.replace(/(?<=[\w+/])\n(?=[\w+/])/g, '')],
    ['empty lines', PEM.replaceAll('\n', '\n\n')],
  ] as const) {
    t.match(readPem(text), { blocks: [{ der: DER }], problems: [] }, why);
  }
});

t.test('problems', async (t) => {
  t.same(messages(PEM), []);
  const cut = PEM.slice(0, 60);
  t.same(messages(cut), [`1: ${NO_END}`]);
  t.same(messages(`${cut}\n${PEM}`), [`1: ${NO_END}`]);
  t.equal(readPem(`${cut}\n${PEM}`).blocks.length, 1, 'the next block is read all the same');
  t.same(messages(`${PEM}\n${PEM.replace('END CERTIFICATE', 'END CERTIFICAT')}`), [`7: ${NO_END}`, `11: ${FENCE}`]);
  t.same(messages('-----END CERTIFICATE-----'), [`1: ${FENCE}`]);
  t.same(messages('-----BEGIN CERTIFICATE----'), [`1: ${FENCE}`]);
  t.same(messages('----BEGIN CERTIFICATE-----'), [`1: ${FENCE}`]);
  t.same(messages('----- BEGIN CERTIFICATE -----'), [`1: ${FENCE}`]);
  t.same(messages(' -----BEGIN CERTIFICATE-----'), [`1: ${FENCE}`]);
  t.same(messages('-----BEGIN CERTIFICATE-----MIIB'), [`1: ${FENCE}`]);
  t.same(messages('-----BEGIN -----'), [`1: ${FENCE}`]);
  t.same(messages('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'), ['1: the CERTIFICATE block is empty']);
  const improper = ['1: the CERTIFICATE block is not proper base64'];
  t.same(messages(PEM.replace('AAEC', 'A!EC')), improper);
  t.same(messages(PEM.replace('AAEC', 'A EC')), improper);
  t.same(messages(PEM.replace('AAEC', 'AEC')), improper);
  t.same(messages(PEM.replace('==', '')), improper);
  t.same(messages(PEM.replace('AAEC', 'AA==')), improper);
  t.same(messages(PEM.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n')), improper);
});

t.test('every BEGIN is a block or a problem', async (t) => {
  const text = `${PEM}${PEM.slice(0, 40)}\n${PEM}-----BEGIN\n${PEM}-----BEGIN CERTIFICATE-----`;
  const { blocks, problems } = readPem(text);
  t.equal(blocks.length, 3);
  t.same(
    problems.map(({ line }) => line),
    [6, 13, 19],
  );
});

t.test('megabytes on many lines and on one', async (t) => {
  const large = new Uint8Array(8 * 1024 * 1024).fill(0x5a);
  const pem = encodePem('X509 CRL', large);
  t.equal(readPem(pem).blocks[0]?.der.length, large.length);
  const oneLine = `-----BEGIN X509 CRL-----\n${Buffer.from(large).toString('base64')}\n-----END X509 CRL-----`;
  t.equal(readPem(oneLine).blocks[0]?.der.length, large.length);
  t.same(readPem('-'.repeat(4_000_000)), { blocks: [], problems: [] });
});
