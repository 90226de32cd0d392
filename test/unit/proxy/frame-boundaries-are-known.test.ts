// Does the tracker know where frames end, however the stream is cut?

import fc from 'fast-check';
import t from 'tap';
import { CLOSE_POLICY_VIOLATION, createFrameTracker } from '../../../src/proxy/websocket-frames.ts';

function frame(length: number, masked: boolean, wide: 0 | 2 | 8): Uint8Array {
  const short = length < 126 && wide === 0;
  const extended = short ? 0 : wide === 8 || length > 0xffff ? 8 : 2;
  const bytes = Buffer.alloc(2 + extended + (masked ? 4 : 0) + length, 0xff);
  bytes[0] = 0x82;
  bytes[1] = (masked ? 0x80 : 0) | (extended === 8 ? 127 : extended === 2 ? 126 : length);
  if (extended === 2) bytes.writeUInt16BE(length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

t.test('true after each frame and nowhere inside one', async (t) => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536]) {
    for (const masked of [false, true]) {
      for (const wide of [0, 2, 8] as const) {
        const tracker = createFrameTracker();
        t.equal(tracker.atBoundary, true);
        const bytes = frame(length, masked, wide);
        const inside = bytes.subarray(0, -1).some((_, i) => {
          tracker.push(bytes.subarray(i, i + 1));
          return tracker.atBoundary;
        });
        t.equal(inside, false);
        tracker.push(bytes.subarray(-1));
        t.equal(tracker.atBoundary, true, `${length} ${masked} ${wide}`);
      }
    }
  }
});

t.test('cuts do not matter', async () => {
  const frames = fc.array(
    fc.record({ length: fc.integer({ min: 0, max: 300 }), masked: fc.boolean(), wide: fc.constantFrom(0, 2, 8) }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(frames, fc.array(fc.nat(2000), { maxLength: 10 }), (list, cuts) => {
      const parts = list.map(({ length, masked, wide }) => frame(length, masked, wide as 0 | 2 | 8));
      const ends = new Set([0]);
      let at = 0;
      for (const part of parts) {
        at += part.length;
        ends.add(at);
      }
      const bytes = Buffer.concat(parts);
      const tracker = createFrameTracker();
      let from = 0;
      for (const cut of [...cuts.filter((c) => c <= bytes.length), bytes.length].sort((a, b) => a - b)) {
        tracker.push(bytes.subarray(from, cut));
        from = cut;
        if (tracker.atBoundary !== ends.has(cut)) return false;
      }
      return true;
    }),
  );
});

t.test('our own Close frame is one whole frame', async (t) => {
  const tracker = createFrameTracker();
  tracker.push(CLOSE_POLICY_VIOLATION);
  t.equal(tracker.atBoundary, true);
  tracker.push(Uint8Array.of(0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1));
  t.equal(tracker.atBoundary, false);
});
