// Loads the private keys that sign tokens.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { tokenOptions } from '../../token/options.ts';
import { createSigningKey, type SigningKey } from '../../token/signing-key.ts';
import type { Report } from '../report.ts';
import { type ConfigPath, findNode, type SourceNode, toPlain } from '../source.ts';
import type { FileReader } from './file-reader.ts';
import { type KeyProblem, readPrivateKey } from './private-key.ts';

interface Context {
  readonly reader: FileReader;
  readonly report: Report;
}

/** For remedies: makes a key that only its owner may read. */
export const MAKE_TOKEN_KEY = 'openssl genpkey -algorithm ed25519 -out token.key';

/** undefined: no tokens are configured, or problems were reported. */
export async function loadTokenKeys(root: SourceNode, context: Context): Promise<SigningKey[] | undefined> {
  const node = findNode(root, ['token']);
  const parsed = node === undefined ? undefined : tokenOptions.safeParse(toPlain(node));
  if (!parsed?.success) return undefined;
  const { keyFiles } = parsed.data;
  const keys: SigningKey[] = [];
  for (const [index, name] of keyFiles.entries()) {
    const path = ['token', 'keyFiles', index];
    const key = await loadTokenKey(path, name, context);
    if (key === undefined) continue;
    if (keys.some(({ id }) => id === key.id)) {
      context.report.error(path, 'this key stands in the list already', 'name each key once, the newest first');
    }
    keys.push(key);
  }
  return keys.length === keyFiles.length ? keys : undefined;
}

async function loadTokenKey(
  path: ConfigPath,
  name: string,
  { reader, report }: Context,
): Promise<SigningKey | undefined> {
  const file = await reader.readSecret(path, name);
  if (file === undefined) return undefined;
  const text = Buffer.from(file.bytes).toString('utf8');
  const result = text.trimStart().startsWith('{') ? readJwk(text) : readPem(text);
  if (!('key' in result)) {
    report.inFile('error', file, result.line, result.message, result.remedy);
    return undefined;
  }
  const key = createSigningKey(result.key);
  if (key === undefined) {
    const message = 'tokens are signed with P-256 (ES256) or Ed25519 (EdDSA), and this is another kind of key';
    report.inFile('error', file, undefined, message, `make one with \`${MAKE_TOKEN_KEY}\``);
  }
  return key;
}

function readPem(text: string): { key: KeyObject } | KeyProblem {
  if (text.includes('ENCRYPTED')) {
    const remedy = 'store it without a password, readable by the user of the gateway only';
    return { line: undefined, message: 'the key is encrypted', remedy };
  }
  return readPrivateKey(text, undefined);
}

/** RFC 7517. The words of the parsers are left out: they may quote what they read. */
function readJwk(text: string): { key: KeyObject } | KeyProblem {
  try {
    return { key: createPrivateKey({ key: JSON.parse(text), format: 'jwk' }) };
  } catch {
    const message = 'the file is no private key in JWK form';
    return { line: undefined, message, remedy: `name one key, with its private part, or use \`${MAKE_TOKEN_KEY}\`` };
  }
}
