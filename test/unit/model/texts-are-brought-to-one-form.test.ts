// Serial numbers, fingerprints, spans and sizes as people write them; header names as upstreams fold them.

import t from 'tap';
import {
  canonicalFingerprint,
  canonicalSerial,
  foldHeaderName,
  parseDuration,
  parseSize,
} from '../../../src/model/text.ts';

t.test('serial numbers', async (t) => {
  for (const text of [
    '0A1B2C',
    '0a1b2c',
    'A1B2C',
    '0a:1b:2c',
    '0A-1B-2C',
    ' 0a 1b 2c ',
    '0x0A1B2C',
    '0XA1B2C',
    '\u200e0a 1b 2c',
    '\u200f0a1b2c',
    '00000A1B2C',
    '00:0A:1B:2C',
    'decimal:662316',
    'Decimal: 0662316',
    '\u200edecimal:662 316',
    '<SR>2C1B0A',
    '<sr>2c1b0a00',
    'reversed:2C:1B:0A',
  ]) {
    t.equal(canonicalSerial(text), '0A1B2C', JSON.stringify(text));
  }
  t.equal(canonicalSerial('1'), '01');
  t.equal(canonicalSerial('F'.repeat(40)), 'F'.repeat(40));
  t.equal(canonicalSerial('662316'), '662316', 'digits alone are hexadecimal');
  const largest = 2n ** 160n - 1n;
  t.equal(canonicalSerial(`decimal:${largest}`), 'F'.repeat(40));
  for (const text of ['decimal:', 'decimal:0', 'decimal:0A', 'decimal:-', `decimal:${'1'.repeat(61)}`]) {
    t.equal(canonicalSerial(text), undefined, text);
  }
  for (const text of ['<SR>', '<SR>2C1B0', '<SR>0000', 'reversed:2G', 'reversed:0x2C', 'decimal:<SR>2C', '<SN>2C']) {
    t.equal(canonicalSerial(text), undefined, text);
  }
  for (const text of ['', '0', '00:00', '0x', '-', '1G', '662316h', '0x0x1', '1.5', '+1', '1,2', '\uff11']) {
    t.equal(canonicalSerial(text), undefined, JSON.stringify(text));
  }
});

t.test('fingerprints', async (t) => {
  const digits = '0123456789abcdef'.repeat(4);
  for (const text of [
    digits,
    digits.toUpperCase(),
    digits.replace(/..(?!$)/g, '$&:'),
    digits.replace(/../g, '$& '),
    `\u200e${digits}`,
  ]) {
    t.equal(canonicalFingerprint(text), digits, JSON.stringify(text));
  }
  for (const text of ['', digits.slice(1), `${digits}0`, `${digits.slice(1)}g`, `sha256:${digits}`, digits.slice(24)]) {
    t.equal(canonicalFingerprint(text), undefined, JSON.stringify(text));
  }
});

t.test('spans of time and sizes', async (t) => {
  t.strictSame(
    ['0s', '500ms', '30s', '5m', '12h', '7d'].map(parseDuration),
    [0, 500, 30_000, 300_000, 43.2e6, 604.8e6],
  );
  t.strictSame(['0B', '512B', '16KiB', '10MiB', '1GiB'].map(parseSize), [0, 512, 16_384, 10_485_760, 1_073_741_824]);
  for (const text of ['', '5', 's', '-5s', '1.5s', '5 s', '5S', '5s ', '1h30m', '1w', '1234567890s', '1e3s']) {
    t.equal(parseDuration(text), undefined, text);
  }
  for (const text of ['', '5', 'B', '-5B', '1.5MiB', '1KB', '1kib', '1 KiB', '1234567890B', '1TiB']) {
    t.equal(parseSize(text), undefined, text);
  }
});

t.test('header names', async (t) => {
  for (const name of ['X-Client-Verify', 'x-client-verify', 'X_Client_Verify', 'X-CLIENT_VERIFY', 'X.Client.Verify']) {
    t.equal(foldHeaderName(name), 'x-client-verify', name);
  }
});
