// What does the log of a gateway say? Which certificate came with a request is found by the id that its refusal told.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { StartFault } from '../model/fault.ts';

export interface LoggedRequest {
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
  readonly issuer: string;
  readonly subject: string;
}

/** `file`: lines of JSON as `run` writes them; `-` is standard input. Throws StartFault where it does not say it. */
export async function findLoggedRequest(file: string, requestId: string): Promise<LoggedRequest> {
  for await (const line of readLog(file, requestId)) {
    if (line.requestId !== requestId) continue;
    const { fingerprint, issuer, subject } = line;
    if (typeof fingerprint !== 'string' || !/^[0-9a-f]{64}$/.test(fingerprint)) {
      throw new StartFault(`request ${requestId} came without a certificate that could be read`);
    }
    return { fingerprint, issuer: String(issuer ?? ''), subject: String(subject ?? '') };
  }
  throw new StartFault(`${file === '-' ? 'standard input' : file} has no line of request ${requestId}`);
}

/** The lines that hold a text and are JSON. Throws StartFault where the file cannot be read. */
export async function* readLog(file: string, text: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  while (true) {
    const next = await lines.next().catch((error: unknown) => {
      throw new StartFault(`--log: ${error instanceof Error ? error.message : error}`);
    });
    if (next.done) return;
    const line = next.value.includes(text) ? parseLine(next.value) : undefined;
    if (line !== undefined) yield line;
  }
}

function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? (line as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Other programs write into the same log.
    return undefined;
  }
}
