// Is a stream of WebSocket bytes between two frames?

/** RFC 6455 5.5.1 and 7.4.1: a Close frame from a server, final and unmasked, with status 1008 (policy violation). */
export const CLOSE_POLICY_VIOLATION: Uint8Array = Uint8Array.of(0x88, 0x02, 0x03, 0xf0);

export interface FrameTracker {
  /** Takes the next bytes of the stream, cut anywhere. */
  push(bytes: Uint8Array): void;
  /** True when a frame of our own may be put in here. */
  readonly atBoundary: boolean;
}

/** Follows the framing of RFC 6455 5.2 and nothing else: what a frame holds plays no part. */
export function createFrameTracker(): FrameTracker {
  const head = new Uint8Array(14);
  let headBytes = 0;
  let payloadLeft = 0;

  return {
    get atBoundary() {
      return headBytes === 0 && payloadLeft === 0;
    },
    push(bytes) {
      let at = 0;
      while (at < bytes.length) {
        if (payloadLeft > 0) {
          const taken = Math.min(payloadLeft, bytes.length - at);
          payloadLeft -= taken;
          at += taken;
          continue;
        }
        head[headBytes++] = bytes[at++] ?? 0;
        if (headBytes < headLength(head, headBytes)) continue;
        payloadLeft = payloadLength(head);
        headBytes = 0;
      }
    },
  };
}

/** Bytes of the head, as far as can be told from the first `known` of them: 2, 2 or 8 more of length, 4 of mask. */
function headLength(head: Uint8Array, known: number): number {
  if (known < 2) return 2;
  const second = head[1] ?? 0;
  const length = second & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

/** Lengths above 2^53 lose their last digits; no stream lives to see the end of such a frame. */
function payloadLength(head: Uint8Array): number {
  const view = new DataView(head.buffer);
  const length = view.getUint8(1) & 0x7f;
  if (length === 126) return view.getUint16(2);
  if (length === 127) return Number(view.getBigUint64(2));
  return length;
}
