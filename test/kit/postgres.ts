// A real PostgreSQL of the test's own: in a folder that goes away, on a free port, stopped by its process.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeFolder } from './gateway.ts';
import { findFreePort } from './redis.ts';

export interface TestPostgres {
  readonly port: number;
  /** Of the database `clients`, as the user who may do anything. */
  readonly url: string;
  /** As `url`, of another database, which is made. */
  createDatabase(name: string): string;
  /** Runs SQL; gives what psql prints, columns separated by `|`. */
  run(sql: string, database?: string): string;
  stop(): Promise<void>;
  /** Starts it again on the same port, with what was in it. */
  start(): Promise<void>;
  /** Another server that follows this one, and can be read. */
  startStandby(t: Test): Promise<TestPostgres>;
}

export interface PostgresOptions {
  /** PEM. With it, who connects by TCP must speak TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Of the user; asked for by scram-sha-256. Left out: anybody gets in. */
  readonly password?: string;
}

const USER = 'portcullis';

export function startPostgres(t: Test, options: PostgresOptions = {}): Promise<TestPostgres> {
  return startServer(t, options, initialise);
}

async function startServer(
  t: Test,
  options: PostgresOptions,
  fill: (binaries: string, place: Place) => void,
): Promise<TestPostgres> {
  const binaries = findBinaries();
  const port = await findFreePort();
  const account = findAccount();
  const folder = makeFolder(t);
  // The server refuses to run as root, and to use a folder of somebody else.
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  own(data, account);
  fill(binaries, { data, folder, account, password: options.password });
  if (options.tls !== undefined) writeTls(data, options.tls, account);
  let child: ChildProcess | undefined;

  const run = (sql: string, database = 'clients') =>
    execFileSync(
      join(binaries, 'psql'),
      ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', folder, '-p', String(port), '-U', USER, '-d', database, '-c', sql],
      {
        encoding: 'utf8',
        stdio: 'pipe',
      },
    ).trim();
  const urlOf = (name: string) => `postgres://${USER}@127.0.0.1:${port}/${name}`;
  const createDatabase = (name: string) => {
    run(`create database ${name}`, 'postgres');
    return urlOf(name);
  };
  const start = async () => {
    child = spawn(join(binaries, 'postgres'), serverArguments({ data, folder, port, tls: options.tls !== undefined }), {
      ...account,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const started = child;
    // Also when the test is broken off.
    process.once('exit', () => started.kill('SIGQUIT'));
    await untilReady(child);
  };
  const stop = async () => {
    const stopped = child;
    child = undefined;
    if (stopped !== undefined) await end(stopped);
  };
  t.teardown(stop);
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  await start();
  const url = run('select pg_is_in_recovery()', 'postgres') === 't' ? urlOf('clients') : createDatabase('clients');
  const startStandby = (t: Test) => startServer(t, options, copyFrom(port));
  return { port, url, createDatabase, run, stop, start, startStandby };
}

/** Debian keeps them beside the path, one folder for each version. */
function findBinaries(): string {
  const folder = globSync('/usr/lib/postgresql/*/bin').findLast((each) => existsSync(join(each, 'initdb')));
  if (folder !== undefined) return folder;
  const found = (process.env.PATH ?? '').split(':').find((each) => existsSync(join(each, 'initdb')));
  if (found !== undefined) return found;
  throw new Error('PostgreSQL cannot be run: is it installed? For example: apt-get install postgresql');
}

interface OsAccount {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the server runs as: ourselves, or, for root, the account that Debian's package makes. */
function findAccount(): OsAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const id = (option: string) =>
      Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch (cause) {
    throw new Error('PostgreSQL does not run as root, and there is no user `postgres` to run it as', { cause });
  }
}

function own(path: string, account: OsAccount | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

interface Place {
  readonly data: string;
  readonly folder: string;
  readonly account: OsAccount | undefined;
  readonly password: string | undefined;
}

function initialise(binaries: string, { data, folder, account, password }: Place): void {
  const passwordFile = join(folder, 'password');
  if (password !== undefined) {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    own(passwordFile, account);
  }
  const how =
    password === undefined
      ? ['--auth=trust']
      : ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
  const common = ['-D', data, '-U', USER, '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'];
  execFileSync(join(binaries, 'initdb'), [...common, ...how], { ...account, cwd: folder, stdio: 'pipe' });
}

/** What a standby begins with, and whom it follows. */
function copyFrom(port: number): (binaries: string, place: Place) => void {
  return (binaries, { data, folder, account }) => {
    const from = ['-h', '127.0.0.1', '-p', String(port), '-U', USER];
    const how = ['-D', data, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
    execFileSync(join(binaries, 'pg_basebackup'), [...from, ...how], { ...account, cwd: folder, stdio: 'pipe' });
  };
}

function writeTls(
  data: string,
  { certificate, key }: NonNullable<PostgresOptions['tls']>,
  account: OsAccount | undefined,
): void {
  for (const [name, text] of Object.entries({ 'server.crt': certificate, 'server.key': key })) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    own(join(data, name), account);
  }
  const rules = join(data, 'pg_hba.conf');
  copyFileSync(rules, `${rules}.old`);
  writeFileSync(rules, 'local all all trust\nhostssl all all all trust\n');
}

interface ServerPlace {
  readonly data: string;
  readonly folder: string;
  readonly port: number;
  readonly tls: boolean;
}

/** What is lost when the machine fails does not matter here. */
function serverArguments({ data, folder, port, tls }: ServerPlace): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '16MB',
    max_connections: '40',
    ...(tls && { ssl: 'on' }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', data, '-p', String(port), ...options];
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (/database system is ready to accept (read-only )?connections/.test(text)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL ended:\n${text}`)));
  });
}

/** SIGQUIT ends it at once, with every process of its own. */
function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGQUIT');
  });
}
