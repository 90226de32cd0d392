// Which private key is in these bytes? Or why is there none, without a word of the key or its password.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readPem } from '../../x509/pem.ts';

export interface KeyProblem {
  readonly line: number | undefined;
  readonly message: string;
  readonly remedy: string;
}

/** Reads the first private key of a PEM text; `password` opens it where it is encrypted. */
export function readPrivateKey(text: string, password: string | undefined): { key: KeyObject } | KeyProblem {
  const encrypted = text.includes('ENCRYPTED');
  if (encrypted && password === undefined) {
    return { line: undefined, message: 'the key is encrypted', remedy: 'set `passwordFile` beside `key`' };
  }
  try {
    return { key: createPrivateKey({ key: text, format: 'pem', ...(encrypted && { passphrase: password }) }) };
  } catch {
    return explainFailure(text, encrypted);
  }
}

/** The parser's own words are left out: they help nobody, and may quote what they read. */
function explainFailure(text: string, encrypted: boolean): KeyProblem {
  const { blocks, problems } = readPem(text);
  const [broken] = problems;
  const line = blocks[0]?.line;
  const labels = blocks.map(({ label }) => label);
  const remedy = 'put the private key there, in PEM';
  if (labels.length > 0 && !labels.some((label) => label.endsWith('PRIVATE KEY'))) {
    return { line, message: `the file holds ${labels.join(', ')} and no private key`, remedy };
  }
  // Headers inside a block (RFC 1421, the older way to encrypt) are no PEM of RFC 7468, but no damage either.
  if (broken !== undefined && !text.includes('Proc-Type:')) {
    return { ...broken, remedy: 'replace the file with a complete one' };
  }
  if (encrypted) {
    return { line, message: 'the password does not open the key', remedy: 'correct the content of `passwordFile`' };
  }
  if (labels.length === 0) return { line: undefined, message: 'the file holds no PEM block', remedy };
  return { line, message: 'the private key is malformed', remedy: 'replace the file with a complete one' };
}
