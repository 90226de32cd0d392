// Targets: what comes back from Redis, and the frames of a WebSocket.

import { parseCounter } from '../../../src/cache/generation.ts';
import { createSeals } from '../../../src/cache/seal.ts';
import { parseVerdict, serializeVerdict } from '../../../src/cache/verdict-text.ts';
import type { RevocationAnswer, Verdict } from '../../../src/model/verdict.ts';
import { createFrameTracker } from '../../../src/proxy/websocket-frames.ts';
import { makeRoot } from '../../kit/pki.ts';
import { mustBe, type Target } from '../target.ts';

const ANSWER: RevocationAnswer = {
  status: 'good',
  source: 'crl',
  producedAt: 1,
  nextUpdate: 2,
  revokedAt: undefined,
  note: 'x',
};

function makeVerdicts(): Verdict[] {
  const root = makeRoot();
  const path = [root.client().facts, root.facts];
  return [
    { valid: true, path, revocation: [ANSWER], validUntil: 1_800_000_000_000 },
    { valid: true, path: [root.client().facts], revocation: [], validUntil: 1 },
    { valid: false, refusal: { code: 'certificate-expired', check: 'validity', note: 'x' }, validUntil: 5 },
  ];
}

export function verdictTarget(): Target {
  return {
    name: 'verdict-text',
    shape: 'text',
    maxBytes: 16_384,
    seeds: makeVerdicts().map((verdict) => Buffer.from(serializeVerdict(verdict))),
    run: (input) => {
      const verdict = parseVerdict(Buffer.from(input).toString('utf8'));
      if (verdict === undefined) return 'refused';
      const text = serializeVerdict(verdict);
      const again = parseVerdict(text);
      mustBe(again !== undefined && serializeVerdict(again) === text, 'a verdict that is read can be written');
      mustBe(!verdict.valid || verdict.path.length > 0, 'a valid path has a leaf');
      return `${verdict.valid} ${verdict.valid ? verdict.path.length : verdict.refusal.code}`;
    },
  };
}

const NOW = 1000;

export function sealTarget(): Target {
  const seals = createSeals(() => [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]);
  const payloads = ['', '{}', 'x\ny', '\0'.repeat(40)].map((text) => Buffer.from(text));
  const seeds = payloads.map((payload, index) => seals.seal('name', { generation: index, expires: 2 * NOW, payload }));
  const sealed = new Set(seeds.map((bytes) => bytes.toString('base64')));
  const elsewhere = seals.seal('other', { generation: 1, expires: 2 * NOW, payload: Buffer.from('{}') });
  return {
    name: 'seal',
    shape: 'bytes',
    maxBytes: 4096,
    seeds: [...seeds, elsewhere, Buffer.from('123')],
    run: (input) => {
      const bytes = Buffer.from(input);
      const counter = parseCounter(bytes);
      mustBe(counter === undefined || (Number.isSafeInteger(counter) && counter >= 0), 'a counter counts');
      const opened = seals.open('name', bytes, NOW);
      if (typeof opened === 'string') return `${opened} ${counter === undefined}`;
      mustBe(sealed.has(bytes.toString('base64')), 'only what was sealed is opened');
      return 'opened';
    },
  };
}

/** The same bytes in one piece and cut into single ones end in the same place. */
export function framesTarget(): Target {
  const frames = [
    '8103616263',
    '818301020304aabbcc',
    '82fe0000',
    '827e0004aabbccdd',
    '827f0000000000000003aabbcc',
    '8800',
    '827fffffffffffffffff',
  ];
  return {
    name: 'websocket-frames',
    shape: 'bytes',
    maxBytes: 4096,
    seeds: frames.map((hex) => Buffer.from(hex, 'hex')),
    run: (input) => {
      const whole = createFrameTracker();
      whole.push(input);
      const cut = createFrameTracker();
      for (const octet of input) cut.push(Uint8Array.of(octet));
      mustBe(whole.atBoundary === cut.atBoundary, 'where a frame ends does not hang on how the bytes came');
      return `${whole.atBoundary}`;
    },
  };
}
