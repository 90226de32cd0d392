// Loads what the webhook of warnings needs: its secret, and who vouches for the server.

import { expiryOptions } from '../../expiry/options.ts';
import type { Report } from '../report.ts';
import { findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader, ReadFile } from './file-reader.ts';
import { loadAuthorities } from './upstream-tls.ts';

export interface LoadedWebhook {
  readonly url: string;
  /** Never to be logged. */
  readonly secret: Uint8Array;
  /** PEM, or the public authorities. */
  readonly ca: readonly string[] | 'system';
}

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
}

/** As Standard Webhooks has it. */
const LEAST_SECRET_BYTES = 24;
const ENCODED = 'whsec_';

/** undefined: there is no webhook, or problems were reported. */
export async function loadWebhook(root: SourceNode, context: Context): Promise<LoadedWebhook | undefined> {
  const node = findNode(root, ['expiry']);
  const parsed = node === undefined ? undefined : expiryOptions.safeParse(toPlain(node));
  if (!parsed?.success || parsed.data.webhook === undefined) return undefined;
  const { url, secretFile, ca } = parsed.data.webhook;
  const at = ['expiry', 'webhook'];
  const file = await context.reader.readSecret([...at, 'secretFile'], secretFile);
  const secret = file && readSecret(file, context.report);
  const authorities = ca === 'system' ? ca : await loadAuthorities([...at, 'ca'], ca, context);
  return secret && authorities && { url, secret, ca: authorities };
}

function readSecret(file: ReadFile, report: Report): Uint8Array | undefined {
  const text = Buffer.from(file.bytes).toString('utf8').trim();
  const secret = text.startsWith(ENCODED) ? Buffer.from(text.slice(ENCODED.length), 'base64') : Buffer.from(text);
  if (secret.length >= LEAST_SECRET_BYTES) return secret;
  const message = `the secret has ${secret.length} bytes, at least ${LEAST_SECRET_BYTES} are needed`;
  report.inFile('error', file, undefined, message, 'make one with `openssl rand -hex 32`');
  return undefined;
}
