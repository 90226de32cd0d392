// What does a stream of HTTP/2 ask for, said as HTTP/1.1 says it? Gate and proxy read one form, whatever came (RFC 9113 8.3).
//
// nghttp2 has refused before what is no HTTP/2: upper case, two of one pseudo field, no authority, fields of a connection. What
// is malformed by its meaning only is found here, and again some of that.

import type { Refusal } from '../../model/reasons.ts';
import type { RequestHead } from '../visitor.ts';

export interface StreamHead extends RequestHead {
  /** Bytes of body that are announced; undefined where there is one whose length is not told. */
  readonly bodyBytes: number | undefined;
  /** Set where the head is malformed. */
  readonly refusal: Refusal | undefined;
}

/** RFC 9113 8.2.2. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

interface Reading {
  readonly pseudo: Map<string, string>;
  readonly fields: string[];
  readonly hosts: string[];
  readonly cookies: string[];
  readonly lengths: string[];
  readonly faults: string[];
  accept: string | undefined;
  expect: string | undefined;
}

/** `raw`: flat, as node:http2 tells it. `isWhole`: no body follows. `headerBytes`: the limit for all of it. */
export function readStreamHead(raw: readonly string[], isWhole: boolean, headerBytes: number): StreamHead {
  const reading = readFields(raw);
  const { pseudo, fields, hosts, lengths, faults } = reading;
  const authority = pseudo.get(':authority') ?? hosts[0] ?? '';
  // RFC 9113 8.3.1 lets Host differ in its form only; who compares as text finds two where there are two.
  if (hosts.some((host) => host !== authority)) faults.push('Host is not :authority');
  const scheme = pseudo.get(':scheme');
  if (scheme !== 'https' && pseudo.get(':method') !== 'CONNECT') faults.push(':scheme is not https');
  const [method, url] = [pseudo.get(':method') ?? '', pseudo.get(':path') ?? ''];
  // nghttp2 takes bytes above ASCII, which are in no target (RFC 9112 3.2, RFC 3986 2).
  if (!/^[\x21-\x7e]*$/.test(url)) faults.push(':path is not ASCII');
  if (isWhole && lengths.some((length) => Number(length) !== 0)) faults.push('a Content-Length and no body');
  const chunked = !isWhole && lengths.length === 0;

  const rawHeaders = ['host', authority, ...fields];
  const { cookies, accept, expect } = reading;
  // RFC 9113 8.2.3.
  if (cookies.length > 0) rawHeaders.push('cookie', cookies.join('; '));
  if (chunked) rawHeaders.push('transfer-encoding', 'chunked');
  return {
    httpVersion: '2.0',
    method,
    url,
    rawHeaders,
    headers: { host: authority, ...(accept !== undefined && { accept }), ...(expect !== undefined && { expect }) },
    bodyBytes: chunked ? undefined : isWhole ? 0 : Number(lengths[0]),
    refusal: findRefusal([method, url, ...rawHeaders], faults, headerBytes),
  };
}

function readFields(raw: readonly string[]): Reading {
  const reading: Reading = {
    pseudo: new Map(),
    fields: [],
    hosts: [],
    cookies: [],
    lengths: [],
    faults: [],
    accept: undefined,
    expect: undefined,
  };
  for (let index = 0; index + 1 < raw.length; index += 2) readField(raw[index] ?? '', raw[index + 1] ?? '', reading);
  return reading;
}

function readField(name: string, value: string, reading: Reading): void {
  if (name.startsWith(':')) {
    if (reading.pseudo.has(name)) reading.faults.push(`two ${name}`);
    reading.pseudo.set(name, value);
    return;
  }
  if (CONNECTION_FIELDS.has(name)) reading.faults.push(name);
  if (name === 'te' && value.toLowerCase() !== 'trailers') reading.faults.push('te');
  if (name === 'host') reading.hosts.push(value);
  else if (name === 'cookie') reading.cookies.push(value);
  else reading.fields.push(name, value);
  if (name === 'content-length') reading.lengths.push(value);
  if (name === 'accept') reading.accept ??= value;
  if (name === 'expect') reading.expect ??= value;
}

/** About as many bytes as on the wire of HTTP/1.1: each field has a colon, a space and its end of line. */
const FIELD_BYTES = 4;

/** `texts`: all of the head. */
function findRefusal(texts: readonly string[], faults: readonly string[], limit: number): Refusal | undefined {
  const [fault] = faults;
  if (fault !== undefined) return { code: 'request-invalid', check: 'http2', note: fault };
  const bytes = texts.reduce((sum, text) => sum + text.length + FIELD_BYTES / 2, 0);
  return bytes > limit ? { code: 'headers-too-large', check: 'headers', note: `${bytes} bytes` } : undefined;
}
