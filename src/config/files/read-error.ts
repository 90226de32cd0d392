// Why could a file not be read? For every file that the configuration names, and for itself.

/** Message and remedy for an error of node:fs (or of a decoder, for text). */
export function describeReadError(error: unknown): { message: string; remedy: string } {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { message: 'the file does not exist', remedy: 'create it, or correct its name' };
    case 'EISDIR':
      return { message: 'this is a folder, expected a file', remedy: 'name a file in it' };
    case 'EACCES':
    case 'EPERM':
      return { message: 'the file may not be read', remedy: 'give the user of the gateway the right to read it' };
    case 'ELOOP':
      return { message: 'the symbolic link leads back to itself', remedy: 'correct the link' };
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return { message: 'the file is no UTF-8 text', remedy: 'save it as UTF-8' };
    default:
      return { message: `the file cannot be read (${code ?? 'unknown error'})`, remedy: 'check the disk and the path' };
  }
}
