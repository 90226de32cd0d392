// Which lists are in this file, whatever its size? Large ones are read in a thread of their own, so that nobody waits for them.

import { Worker } from 'node:worker_threads';
import { type PackedCrl, unpackCrl } from '../x509/crl.ts';
import { type FileCrl, type FileProblem, readCrls } from '../x509/files.ts';

export interface ReadCrls {
  readonly crls: readonly FileCrl[];
  readonly problems: readonly FileProblem[];
}

/** What the thread answers. */
export interface PackedCrls {
  readonly crls: readonly { readonly packed: PackedCrl; readonly line: number | undefined }[];
  readonly problems: readonly FileProblem[];
}

/** A list of that size is read, and its signature checked, in 2 ms: less than it takes to start a thread. */
export const LARGE_BYTES = 256 * 1024;
/** What the thread is given. */
export interface CrlBytes {
  readonly bytes: Uint8Array;
  readonly most: number;
}

export interface ReadLimits {
  /** Lists and problems read at most. Those of the operator's own files have no bound. */
  readonly most?: number;
  readonly timeLimitMs?: number;
}

/** A million entries take one to two seconds on a small machine. */
const TIME_LIMIT_MS = 60_000;

const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './read-crls-worker.ts' : './read-crls-worker.js',
  import.meta.url,
);

/**
 * All lists of a file, PEM, DER or PKCS#7; whatever cannot be read is a problem. Takes large bytes over: nobody can read
 * them afterwards. Rejects only when we are broken.
 */
export async function readCrlsElsewhere(
  bytes: Uint8Array,
  { most = Number.POSITIVE_INFINITY, timeLimitMs = TIME_LIMIT_MS }: ReadLimits = {},
): Promise<ReadCrls> {
  if (bytes.length <= LARGE_BYTES) return readCrls(bytes, most);
  const answer = await askWorker(bytes, most, timeLimitMs);
  if (typeof answer === 'string') return { crls: [], problems: [{ line: undefined, message: answer }] };
  return {
    crls: answer.crls.map(({ packed, line }) => ({ facts: unpackCrl(packed), line })),
    problems: answer.problems,
  };
}

/** Text: why there is no answer. */
function askWorker(bytes: Uint8Array, most: number, timeLimitMs: number): Promise<PackedCrls | string> {
  const { promise, resolve } = Promise.withResolvers<PackedCrls | string>();
  const own = ownBytes(bytes);
  // What this process was started with is no business of the thread: it reads bytes and nothing else.
  const workerData: CrlBytes = { bytes: own, most };
  const worker = new Worker(WORKER, { workerData, transferList: [own.buffer], env: {}, execArgv: [] });
  const timer = setTimeout(() => resolve(`not read within ${timeLimitMs} ms`), timeLimitMs);
  worker.once('message', resolve);
  worker.once('error', ({ message }) => resolve(`could not be read: ${message}`));
  worker.once('exit', () => resolve('could not be read: the thread ended without an answer'));
  return promise.finally(() => {
    clearTimeout(timer);
    void worker.terminate();
  });
}

/** The bytes in a buffer that holds nothing else, for the whole buffer is what a thread gets. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  // Not `slice`, which of a Buffer is no copy.
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length;
  return isAlone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
