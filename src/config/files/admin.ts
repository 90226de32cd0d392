// Who may use the admin API: the tokens of the configuration and of the file that it names.

import { type AdminRole, adminOptions, adminTokenOptions, MAX_ADMIN_TOKENS } from '../options/admin.ts';
import type { Report } from '../report.ts';
import { findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader, ReadFile } from './file-reader.ts';

export interface AdminToken {
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

export interface LoadedAdmin {
  /** Each with a name of its own. */
  readonly tokens: readonly AdminToken[];
}

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
}

/** undefined: there is no admin address, or problems were reported. */
export async function loadAdmin(root: SourceNode, { reader, report }: Context): Promise<LoadedAdmin | undefined> {
  const node = findNode(root, ['admin']);
  const parsed = node === undefined ? undefined : adminOptions.safeParse(toPlain(node));
  if (!parsed?.success) return undefined;
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
  return { tokens };
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
