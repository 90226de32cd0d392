// Which octets does a long base64 text stand for? Read piece by piece: a list of 60 MB never becomes one string.

/** A multiple of 4, so that every piece stands for whole octets. */
const PIECE_CHARACTERS = 64 * 1024;

export interface Base64Reader {
  /** Takes the characters from one position to another. They may not be white space. */
  add(text: Uint8Array, from: number, to: number): void;
  /** undefined: not proper base64. Empty where nothing was added. */
  finish(): Uint8Array | undefined;
}

/** `maxCharacters`: at most so many are added. */
export function createBase64Reader(maxCharacters: number): Base64Reader {
  const octets = Buffer.from(new ArrayBuffer(Math.ceil(maxCharacters / 4) * 3));
  const piece = Buffer.alloc(Math.min(PIECE_CHARACTERS, maxCharacters));
  let waiting = 0;
  let length = 0;
  let isProper = true;

  function flush(): void {
    // Padding belongs at the end, and a piece before this one has had it.
    if (length % 3 !== 0) isProper = false;
    const text = piece.toString('latin1', 0, waiting);
    const end = length + octets.write(text, length, 'base64');
    // Buffer skips what is not base64; only what it would write the same way has been read to the last character.
    isProper &&= octets.toString('base64', length, end) === text;
    length = end;
    waiting = 0;
  }

  return {
    add(text, from, to) {
      for (let at = from; at < to; ) {
        if (waiting === piece.length) flush();
        const taken = Math.min(piece.length - waiting, to - at);
        piece.set(text.subarray(at, at + taken), waiting);
        waiting += taken;
        at += taken;
      }
    },
    finish() {
      flush();
      return isProper ? new Uint8Array(octets.buffer, 0, length) : undefined;
    },
  };
}
