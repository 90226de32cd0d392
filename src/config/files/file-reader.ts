// Reads the files that the configuration names, and says what is wrong with them as files.

import { dirname, isAbsolute, join } from 'node:path';
import type { NamedFile, Report } from '../report.ts';
import { type ConfigPath, findPlace, type SourceNode } from '../source.ts';
import type { Disk, FileState } from './disk.ts';
import { describeReadError } from './read-error.ts';

/** Largest file read. The largest CRLs of public authorities are some tens of megabytes. */
const MAX_BYTES = 128 * 1024 * 1024;
/** Most files taken from a folder: more than any distribution's set of authorities. */
const MAX_FILES = 2_000;
/** Permission bit: everyone may read. */
const READABLE_BY_ALL = 0o004;

export interface ReadFile extends NamedFile {
  readonly bytes: Uint8Array;
}

export interface FileReader {
  /** Every file and folder asked for, for watching. */
  readonly files: ReadonlySet<string>;
  /** `name` is relative to the file that says it. undefined: a problem was reported. */
  read(path: ConfigPath, name: string): Promise<ReadFile | undefined>;
  /** The same for a key or password: it must not be readable by everyone. */
  readSecret(path: ConfigPath, name: string): Promise<ReadFile | undefined>;
  /** A file, or every file of a folder (hidden ones apart, as Kubernetes keeps its versions in them). */
  readAll(path: ConfigPath, name: string, emptyFolder?: 'error' | 'warning'): Promise<ReadFile[]>;
  /** The folder that a name means; undefined where it means none. */
  findFolder(path: ConfigPath, name: string): Promise<string | undefined>;
}

export function createFileReader(root: SourceNode, report: Report, disk: Disk): FileReader {
  const files = new Set<string>();

  function locate(path: ConfigPath, name: string): NamedFile {
    const file = isAbsolute(name) ? name : join(dirname(findPlace(root, path).file), name);
    files.add(file);
    return { file, path };
  }

  function fail({ file, path }: NamedFile, error: unknown): undefined {
    const { message, remedy } = describeReadError(error);
    report.error(path, `${file}: ${message}`, remedy);
  }

  async function readBytes(named: NamedFile, secret: boolean): Promise<ReadFile | undefined> {
    try {
      const { size, mode } = checked(await disk.stat(named.file));
      // Windows has no such bits; there it is for the access list of the folder.
      if (secret && process.platform !== 'win32' && (mode & READABLE_BY_ALL) !== 0) reportOpenSecret(named, report);
      if (size > MAX_BYTES) {
        report.inFile('error', named, undefined, `${size} bytes, at most ${MAX_BYTES} are read`, 'split the file');
        return undefined;
      }
      const bytes = await disk.read(named.file);
      if (bytes.length > 0) return { ...named, bytes };
    } catch (error) {
      return fail(named, error);
    }
    report.inFile('error', named, undefined, 'the file is empty', 'write it again; the disk may have been full');
    return undefined;
  }

  async function readFolder(named: NamedFile, emptyFolder: 'error' | 'warning'): Promise<ReadFile[]> {
    const names = (await disk.list(named.file)).filter((name) => !name.startsWith('.')).sort();
    if (names.length > MAX_FILES) {
      report.error(
        named.path,
        `${named.file} holds ${names.length} files, at most ${MAX_FILES} are read`,
        'join files',
      );
      return [];
    }
    const read: ReadFile[] = [];
    for (const name of names) {
      const file = join(named.file, name);
      if ((await disk.stat(file)).kind === 'folder') continue;
      files.add(file);
      const content = await readBytes({ ...named, file }, false);
      if (content !== undefined) read.push(content);
    }
    if (names.length === 0) {
      report[emptyFolder](named.path, `the folder ${named.file} is empty`, 'put the files into it');
    }
    return read;
  }

  return {
    files,
    read: (path, name) => readBytes(locate(path, name), false),
    readSecret: (path, name) => readBytes(locate(path, name), true),
    async readAll(path, name, emptyFolder = 'error') {
      const named = locate(path, name);
      try {
        if ((await disk.stat(named.file)).kind === 'folder') return await readFolder(named, emptyFolder);
      } catch (error) {
        fail(named, error);
        return [];
      }
      const content = await readBytes(named, false);
      return content === undefined ? [] : [content];
    },
    async findFolder(path, name) {
      const { file } = locate(path, name);
      const found = await disk.stat(file).catch(() => undefined);
      return found?.kind === 'folder' ? file : undefined;
    },
  };
}

/** A pipe or a device would be waited for without end. */
function checked(state: FileState): FileState {
  if (state.kind === 'folder') throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  if (state.kind === 'other') throw Object.assign(new Error('no regular file'), { code: 'no regular file' });
  return state;
}

function reportOpenSecret(named: NamedFile, report: Report): void {
  const remedy = `chmod 0640 ${named.file}; on Kubernetes set \`defaultMode: 0400\` on the secret's volume`;
  report.inFile('error', named, undefined, 'the file is readable by everyone', remedy);
}
