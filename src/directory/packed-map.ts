// Where do hundreds of thousands of texts stand at no cost to requests? In bytes, which the garbage collector never visits.
//
// As objects it would visit them all, again and again, while it collects what requests leave behind.

export interface PackedMap {
  get(key: string): string | undefined;
  /** Throws for an entry of more than PAGE_BYTES, and when all of them need more than MOST_BYTES. */
  set(key: string, value: string): void;
  delete(key: string): void;
  readonly size: number;
  /** More of its memory holds what is gone than what is there; only making it anew gives that back. */
  readonly isWorn: boolean;
}

/** Many times the largest account: 64 roles and names of at most 256 characters. */
const PAGE_BITS = 20;
const PAGE_BYTES = 2 ** PAGE_BITS;
/** Positions have 32 bits: room for more than 10 million clients. */
const MOST_BYTES = 2 ** 32;

/** What stands where in an entry: the next one's position in its chain, hash, lengths of key and value, key and value. */
const NEXT = 0;
const HASH = 4;
const KEY_BYTES = 8;
const VALUE_BYTES = 12;
const KEY = 16;

/** Nothing stands at the very beginning. */
const NONE = 0;

/**
 * A hash table whose chains go through the entries, which stand one behind the other on pages. With every entry one chain
 * is split in two (linear hashing), so that growth never holds up the event loop.
 */
export function createPackedMap(): PackedMap {
  const pages: Buffer[] = [];
  let chains = new Uint32Array(1);
  let chainCount = 1;
  let size = 0;
  let end = NONE + 1;
  let goneBytes = 0;

  function pageOf(entry: number): Buffer {
    return pages[entry >>> PAGE_BITS] ?? outOfBounds();
  }

  function read(entry: number, field: number): number {
    return pageOf(entry).readUInt32LE((entry & (PAGE_BYTES - 1)) + field);
  }

  function write(entry: number, field: number, value: number): void {
    pageOf(entry).writeUInt32LE(value, (entry & (PAGE_BYTES - 1)) + field);
  }

  function text(entry: number, from: number, bytes: number): string {
    const start = (entry & (PAGE_BYTES - 1)) + from;
    return pageOf(entry).toString('utf8', start, start + bytes);
  }

  /** Those from `chainCount` on are not split off yet. */
  function chainOf(hash: number): number {
    const chain = hash % chains.length;
    return chain < chainCount ? chain : chain - chains.length / 2;
  }

  function firstOf(hash: number): number {
    return chains[chainOf(hash)] ?? outOfBounds();
  }

  function find(key: string, hash: number): number {
    let entry = firstOf(hash);
    while (entry !== NONE && !(read(entry, HASH) === hash && text(entry, KEY, read(entry, KEY_BYTES)) === key)) {
      entry = read(entry, NEXT);
    }
    return entry;
  }

  function append(key: string, value: string, hash: number): number {
    const keyBytes = Buffer.byteLength(key);
    const valueBytes = Buffer.byteLength(value);
    const bytes = KEY + keyBytes + valueBytes;
    // An entry stands on one page.
    const entry = (end % PAGE_BYTES) + bytes <= PAGE_BYTES ? end : Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
    const fits = bytes <= PAGE_BYTES && entry + bytes <= MOST_BYTES;
    if (!fits) throw new RangeError('the directory is too large for its memory');
    pages[entry >>> PAGE_BITS] ??= Buffer.allocUnsafeSlow(PAGE_BYTES);
    end = entry + bytes;
    write(entry, HASH, hash);
    write(entry, KEY_BYTES, keyBytes);
    write(entry, VALUE_BYTES, valueBytes);
    const start = (entry & (PAGE_BYTES - 1)) + KEY;
    pageOf(entry).write(key, start);
    pageOf(entry).write(value, start + keyBytes);
    return entry;
  }

  function link(entry: number, hash: number): void {
    write(entry, NEXT, firstOf(hash));
    chains[chainOf(hash)] = entry;
  }

  function unlink(entry: number, hash: number): void {
    const next = read(entry, NEXT);
    let before = firstOf(hash);
    if (before === entry) {
      chains[chainOf(hash)] = next;
      return;
    }
    while (read(before, NEXT) !== entry) before = read(before, NEXT);
    write(before, NEXT, next);
  }

  function splitChain(): void {
    if (chainCount === chains.length) {
      const longer = new Uint32Array(chainCount * 2);
      longer.set(chains);
      chains = longer;
    }
    const split = chainCount - chains.length / 2;
    chainCount++;
    let entry = chains[split] ?? NONE;
    chains[split] = NONE;
    while (entry !== NONE) {
      const next = read(entry, NEXT);
      link(entry, read(entry, HASH));
      entry = next;
    }
  }

  function drop(key: string, hash: number): void {
    const entry = find(key, hash);
    if (entry === NONE) return;
    unlink(entry, hash);
    size--;
    goneBytes += KEY + read(entry, KEY_BYTES) + read(entry, VALUE_BYTES);
  }

  return {
    get(key) {
      const entry = find(key, hashOf(key));
      if (entry === NONE) return undefined;
      return text(entry, KEY + read(entry, KEY_BYTES), read(entry, VALUE_BYTES));
    },
    set(key, value) {
      const hash = hashOf(key);
      const entry = append(key, value, hash);
      drop(key, hash);
      if (size === chainCount) splitChain();
      link(entry, hash);
      size++;
    },
    delete: (key) => drop(key, hashOf(key)),
    get size() {
      return size;
    },
    get isWorn() {
      return goneBytes > PAGE_BYTES && goneBytes > end / 2;
    },
  };
}

/** FNV-1a, 32 bits. Keys are chosen by those who may write to the directory: they have no need to make chains long. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

function outOfBounds(): never {
  throw new Error('unreachable');
}
