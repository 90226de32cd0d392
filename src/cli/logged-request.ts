// Which certificate came with a request? Found in the log of a gateway by the id that its refusal told.

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
  const input = file === '-' ? process.stdin : createReadStream(file);
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      const line = text.includes(requestId) ? parseLine(text) : undefined;
      if (line?.requestId !== requestId) continue;
      const { fingerprint, issuer, subject } = line;
      if (typeof fingerprint !== 'string' || !/^[0-9a-f]{64}$/.test(fingerprint)) {
        throw new StartFault(`request ${requestId} came without a certificate that could be read`);
      }
      return { fingerprint, issuer: String(issuer ?? ''), subject: String(subject ?? '') };
    }
  } catch (error) {
    if (error instanceof StartFault) throw error;
    throw new StartFault(`--log: ${error instanceof Error ? error.message : error}`);
  }
  throw new StartFault(`${file === '-' ? 'standard input' : file} has no line of request ${requestId}`);
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
