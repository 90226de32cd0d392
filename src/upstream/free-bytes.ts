// How is the memory of a body that has passed through given back?
//
// The collector would find it later, and dearly: each time some tens of MiB have piled up it goes through everything there
// is, which cost as much as to pass the bodies on.

/** Whether nothing else can be in it: small ones share theirs. */
export function isAllOfItsMemory({ buffer, byteLength }: Uint8Array): boolean {
  return buffer.byteLength === byteLength;
}

/** Whoever still has bytes in it finds them empty. */
export function freeMemory(memory: ArrayBufferLike): void {
  if (memory instanceof ArrayBuffer) memory.transfer(0);
}

/** Frees what nobody needs any more, where that can be done. */
export function freeBytes(bytes: Uint8Array): void {
  if (isAllOfItsMemory(bytes)) freeMemory(bytes.buffer);
}
