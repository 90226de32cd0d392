// What must come of a row of the attack tables, and what came. `outcomeOf` is the one place that says what a mode makes of
// a row.

import { type ReasonCode, reasonOf } from '../../src/model/reasons.ts';
import type { Mode } from '../../src/policy/options.ts';
import { expand, type Form, methodOf, type Row } from './attack-rows.ts';
import { splitAnswers } from './client.ts';
import { identityHeadersOf, NOBODY, writeIdentity } from './identity.ts';
import type { TestCertificate } from './pki.ts';
import { headerOf, type Received } from './upstream.ts';
import type { WireAnswer } from './wire.ts';

/** Who asks, and under which mode `/` of the site is. */
export interface Asker {
  readonly mode: Mode;
  readonly certificate: TestCertificate | undefined;
}

type Outcome = { readonly refused: ReasonCode } | { readonly known: boolean };

/** Judged behind the certificate; all other reasons of the tables come before it (design section 5). */
const BEHIND_CERTIFICATE: readonly ReasonCode[] = ['origin-refused'];

function outcomeOf({ rule, refused }: Row, { mode, certificate }: Asker): Outcome {
  if (refused !== undefined && !BEHIND_CERTIFICATE.includes(refused)) return { refused };
  const effective = modeOf(rule, mode);
  if (effective === 'require' && certificate === undefined) return { refused: 'certificate-required' };
  return refused === undefined ? { known: certificate !== undefined && effective !== 'ignore' } : { refused };
}

function modeOf(rule: Row['rule'], mode: Mode): Mode {
  if (rule === '/') return mode;
  return rule === '/admin' || rule === 'secure.test' ? 'require' : 'ignore';
}

/** Of a row and of the request that was sent behind it. */
export interface Finding {
  /** 0: the connection was cut off without an answer. */
  readonly status: number;
  /** Of a refusal; '' where there is none, or no body to read it from. */
  readonly code: string;
  readonly ends: boolean;
  /** What the upstream received as whole requests of the row. */
  readonly received: readonly object[];
  /** Bytes of the row that the upstream got; -1: not asked. */
  readonly upstreamBytes: number;
  /** What came back behind the answer, on the connection that it ended. */
  readonly behind: string;
  /** What the next request was answered with: on the same connection, or on a fresh one. */
  readonly next: string;
}

export function expectFinding(row: Row, form: Form, asker: Asker, next: string): Finding {
  const outcome = outcomeOf(row, asker);
  const ends = row.ends || form === 'websocket';
  if (row.breaks) return { status: 0, code: '', ends: true, received: [], upstreamBytes: -1, behind: '', next };
  if ('refused' in outcome) {
    const code = methodOf(row) === 'HEAD' ? '' : outcome.refused;
    const { status } = reasonOf(outcome.refused);
    return { status, code, ends, received: [], upstreamBytes: 0, behind: '', next };
  }
  const status = row.passes?.status ?? (form === 'websocket' ? 101 : 200);
  const received = [expectReceived(row, outcome.known ? asker.certificate : undefined)];
  return { status, code: '', ends: ends || status === 101, received, upstreamBytes: -1, behind: '', next };
}

/** Of a row that breaks: a refusal by the head may come before the defect is read, but no answer and nothing twice. */
export function isOnlyItsRefusal(row: Row, asker: Asker, text: string): boolean {
  const outcome = outcomeOf(row, asker);
  const [first, ...more] = splitAnswers(text);
  return 'refused' in outcome && first?.status === reasonOf(outcome.refused).status && more.length === 0;
}

export function findStatus(row: Row, answer: WireAnswer | undefined): Pick<Finding, 'status' | 'code' | 'ends'> {
  if (answer === undefined) return { status: 0, code: '', ends: true };
  const { status, headers, body } = answer;
  const code = status < 400 || methodOf(row) === 'HEAD' ? '' : (JSON.parse(body) as { code: string }).code;
  return { status, code, ends: status === 101 || headers.get('connection')?.[0] === 'close' };
}

/** Every request has exactly one of each; the rest of its fields is the row's to say. */
const ONE_EACH = ['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-request-id'];

function expectReceived({ passes }: Row, known: TestCertificate | undefined): object {
  if (passes === undefined) throw new Error('the row says nothing of what passes');
  return {
    method: passes.method,
    target: expand(passes.target),
    host: [passes.host],
    forwardedHost: [passes.host],
    body: expand(passes.body),
    trailers: passes.trailers,
    fields: Object.entries(passes.fields).map(([name, values]) => [name, values.map(expand)]),
    identity: known === undefined ? NOBODY : [...writeIdentity(known, 'CN=alice'), 'X-User', 'alice'],
    spoofed: [],
    notOnce: [],
    framedTwice: false,
  };
}

export function describeReceived({ passes }: Row, received: Received): object {
  const { method, url, rawHeaders, body, trailers } = received;
  const valuesOf = (name: string) => headerOf(received, name);
  return {
    method,
    target: url,
    host: valuesOf('host'),
    forwardedHost: valuesOf('x-forwarded-host'),
    body: body.toString('latin1'),
    trailers,
    fields: Object.keys(passes?.fields ?? {}).map((name) => [name, valuesOf(name)]),
    identity: identityHeadersOf(received),
    spoofed: [...rawHeaders, ...trailers].filter((text) => text.includes('spoofed')),
    notOnce: ONE_EACH.filter((name) => valuesOf(name).length !== 1),
    framedTwice: valuesOf('content-length').length + valuesOf('transfer-encoding').length > 1,
  };
}
