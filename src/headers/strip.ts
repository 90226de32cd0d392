// Which headers nobody but this gateway may send (design rule 6).

import { foldHeaderName } from '../model/text.ts';
import { EXPIRY_HEADER } from './expiry-notice.ts';
import { FORMATS } from './formats.ts';
import { isHopByHop } from './hop-by-hop.ts';

/** Names are taken as sent, in any spelling; upstreams may fold them in ways of their own. */
export interface Stripper {
  /** Tells whether a header, or trailer, of a client must not reach an upstream. */
  blockedRequest(name: string): boolean;
  /** The same for a header only, of which more are not passed on: those of a connection, and those that we write. */
  endsHere(name: string): boolean;
  /** Tells whether a header, or trailer, of an upstream's answer must not reach a client: identities, and those of a connection. */
  blockedAnswer(name: string): boolean;
}

/** Beginnings of names that carry identities: those of all formats, and of front ends whose formats we do not write. */
export const IDENTITY_FAMILIES: readonly string[] = [
  ...new Set([...Object.values(FORMATS).flatMap((format) => format.families), 'x-pomerium']),
];

/** Beginnings of names by which a request tells where it came from and what it was for; only a proxy may. */
export const FORWARDING_FAMILIES: readonly string[] = [
  'forwarded',
  'x-forwarded',
  'x-original',
  'x-real-ip',
  'x-request-id',
  'x-rewrite-url',
];

/** Framing and routing. Under any other spelling they mean nothing to us, and perhaps something to the upstream. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'content-type', 'transfer-encoding']);

/** Names seen are remembered: clients send the same few dozen. A flood of others costs a fresh start, not memory. */
const REMEMBERED_NAMES = 1024;
const REMEMBERED_NAME_LENGTH = 64;

interface Judgement {
  readonly request: boolean;
  readonly head: boolean;
  readonly answer: boolean;
}

/** `customNames`: all custom identity headers of all upstreams; each is stripped everywhere. */
export function createStripper(customNames: readonly string[]): Stripper {
  const custom = new Set(customNames.map(foldHeaderName));
  const remembered = new Map<string, Judgement>();
  const judgeCached = (name: string): Judgement => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const judgement = judge(name, custom);
    if (name.length <= REMEMBERED_NAME_LENGTH) {
      if (remembered.size >= REMEMBERED_NAMES) remembered.clear();
      remembered.set(name, judgement);
    }
    return judgement;
  };
  return {
    blockedRequest: (name) => judgeCached(name).request,
    endsHere: (name) => judgeCached(name).head,
    blockedAnswer: (name) => judgeCached(name).answer,
  };
}

function judge(name: string, custom: ReadonlySet<string>): Judgement {
  const folded = foldHeaderName(name);
  const identity = custom.has(folded) || isInFamily(folded, IDENTITY_FAMILIES);
  const lower = name.toLowerCase();
  const lookalike = FRAMING.has(folded) && lower !== folded;
  const request = identity || lookalike || isInFamily(folded, FORWARDING_FAMILIES);
  const isOfConnection = isHopByHop(lower);
  const answer = identity || isOfConnection || folded === EXPIRY_HEADER;
  return { request, head: request || isOfConnection || isSetHere(lower), answer };
}

/** Host is ours; Expect was answered by the gate; pseudo-headers of HTTP/2 are no fields (RFC 9113 8.3). */
function isSetHere(lower: string): boolean {
  return lower === 'host' || lower === 'expect' || lower.startsWith(':');
}

function isInFamily(folded: string, families: readonly string[]): boolean {
  return families.some(
    (family) => folded.startsWith(family) && (folded.length === family.length || folded[family.length] === '-'),
  );
}
