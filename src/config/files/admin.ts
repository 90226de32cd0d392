// What the admin address needs of files: the tokens of those who may use it, and its own certificate.

import type { z } from 'zod';
import { normalizeHost } from '../hosts.ts';
import { type AdminRole, adminOptions, adminTokenOptions, MAX_ADMIN_TOKENS } from '../options/admin.ts';
import type { Report } from '../report.ts';
import { findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader, ReadFile } from './file-reader.ts';
import { loadKeyPair } from './key-pair.ts';
import { namesOf, type ServerCertificate } from './server-certificates.ts';

export interface AdminToken {
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

export interface LoadedAdmin {
  /** Each with a name of its own. */
  readonly tokens: readonly AdminToken[];
  /** For clients without SNI as well; exactly where `admin.tls` is set. */
  readonly certificate: ServerCertificate | undefined;
}

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
  /** ms since the epoch. */
  readonly now: number;
}

/** undefined: there is no admin address, or problems were reported. */
export async function loadAdmin(root: SourceNode, context: Context): Promise<LoadedAdmin | undefined> {
  const node = findNode(root, ['admin']);
  const parsed = node === undefined ? undefined : adminOptions.safeParse(toPlain(node));
  if (!parsed?.success) return undefined;
  const { reader, report } = context;
  const { tokens: inline, tokenFile } = parsed.data;
  const file = tokenFile === undefined ? undefined : await reader.readSecret(['admin', 'tokenFile'], tokenFile);
  const tokens = [...inline, ...(file === undefined ? [] : readTokens(file, report))];
  const names = new Set<string>();
  for (const { name } of tokens) {
    if (names.has(name)) {
      report.error(['admin'], `two tokens are called "${name}"`, 'give each a name of its own: the audit goes by it');
    }
    names.add(name);
  }
  if (tokens.length > MAX_ADMIN_TOKENS) {
    report.error(['admin'], `${tokens.length} tokens, at most ${MAX_ADMIN_TOKENS} are possible`, 'remove old ones');
  }
  return { tokens, certificate: await loadCertificate(parsed.data, context) };
}

/** Called by its own names, and by those that the configuration adds. */
async function loadCertificate(
  { tls, hosts }: z.output<typeof adminOptions>,
  context: Context,
): Promise<ServerCertificate | undefined> {
  const pair = tls && (await loadKeyPair(['admin', 'tls'], tls, context));
  if (pair === undefined) return undefined;
  const { leaf, certPem, keyPem } = pair;
  const names = [...namesOf(leaf), ...hosts.flatMap((host) => normalizeHost(host) ?? [])];
  return { hosts: [...new Set(names)], isDefault: true, certPem, keyPem, leaf };
}

/** Lines of `NAME ROLE HASH`; what begins with `#` is for people. */
function readTokens(file: ReadFile, report: Report): AdminToken[] {
  const tokens: AdminToken[] = [];
  for (const [index, text] of Buffer.from(file.bytes).toString('utf8').split('\n').entries()) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [name, role, hash, ...more] = line.split(/\s+/);
    const parsed = adminTokenOptions.safeParse({ name, role, hash });
    if (parsed.success && more.length === 0) {
      tokens.push(parsed.data);
      continue;
    }
    // The line itself is not shown: somebody may have put a token there.
    const remedy = 'write NAME ROLE HASH, as `portcullis admin token create` does; ROLE is viewer or operator';
    report.inFile('error', file, index + 1, 'the line is no token of the admin API', remedy);
  }
  return tokens;
}
