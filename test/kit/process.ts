// The built program as a process of its own: what it prints, what it ends with, and what signals do to it.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { runProgram } from '../../src/cli/program.ts';
import { type GatewayOptions, makeFolder, makePki, type TestPki, writeConfiguration } from './gateway.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface ProcessOptions {
  /** Working directory; the test's own when left out. */
  readonly cwd?: string;
  /** Beside PATH and HOME, which are all that is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
  /** Another node than the one the tests run on. */
  readonly node?: string;
}

export interface Ended {
  /** null: ended by the signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface OutputLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface TestProcess {
  readonly ended: Promise<Ended>;
  stdout(): string;
  /** The log lines so far, oldest first. */
  lines(): OutputLine[];
  signal(name: NodeJS.Signals): void;
  /** The first log line, from the one with that index on, that satisfies the condition; rejects when there will be none. */
  lineWhere(isWanted: (line: OutputLine) => boolean, from?: number): Promise<OutputLine>;
  /** Waits until the output so far satisfies the condition; rejects when the process ends before. */
  until(isReached: () => boolean): Promise<void>;
}

/** Starts `portcullis` with these arguments; it is killed when the test ends. */
export function startProcess(t: Test, args: readonly string[], options: ProcessOptions = {}): TestProcess {
  const { nodeFlags = [], node = process.execPath } = options;
  return startCommand(t, node, [...nodeFlags, MAIN, ...args], options);
}

/** The same for a `portcullis` that was installed elsewhere. */
export function startCommand(
  t: Test,
  command: string,
  args: readonly string[],
  { cwd, env }: Pick<ProcessOptions, 'cwd' | 'env'> = {},
): TestProcess {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  t.teardown(() => {
    child.kill('SIGKILL');
    return ended;
  });

  const lines = () => parseLines(stdout);
  const until = (isReached: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!isReached()) return;
        child.stdout.off('data', check);
        resolve();
      };
      child.stdout.on('data', check);
      check();
      void ended.then(() => reject(new Error(`the process ended before; it wrote:\n${stdout}${stderr}`)));
    });
  return {
    ended,
    stdout: () => stdout,
    lines,
    until,
    signal: (name) => void child.kill(name),
    async lineWhere(isWanted, from = 0) {
      const find = () => lines().slice(from).find(isWanted);
      await until(() => find() !== undefined);
      return find() as OutputLine;
    },
  };
}

/** Runs it to its end. */
export function runProcess(t: Test, args: readonly string[], options?: ProcessOptions): Promise<Ended> {
  return startProcess(t, args, options).ended;
}

/** The same in this process, for what ends on its command line: quick, and so fit for many cases. */
export async function runHere(t: Test, args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const written = t.capture(process.stderr, 'write', () => true);
  try {
    const code = await runProgram(['node', 'portcullis', ...args]);
    return {
      code,
      stderr: written()
        .map(({ args: [text] }) => String(text))
        .join(''),
    };
  } finally {
    written.restore();
  }
}

/** The lines of JSON among the whole lines of the output. */
function parseLines(stdout: string): OutputLine[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{"level"'))
    .map((line) => JSON.parse(line) as OutputLine);
}

export interface GatewayProcess extends TestProcess {
  readonly port: number;
  readonly probesPort: number;
  readonly pki: TestPki;
  readonly folder: string;
  /** Path of its configuration. */
  readonly file: string;
  /** Text of a page of the probes, and its status. */
  probe(path: string): Promise<{ status: number; text: string }>;
  /** A metric's value by its name with labels as the page shows them; 0 when it is not there. */
  metric(series: string): Promise<number>;
}

/** Writes a configuration, runs it, and waits until it listens. */
export async function startGatewayProcess(
  t: Test,
  options: GatewayOptions,
  processOptions?: ProcessOptions,
): Promise<GatewayProcess> {
  const pki = options.pki ?? makePki();
  const folder = makeFolder(t);
  const file = writeConfiguration(folder, pki, options);
  const started = startProcess(t, ['run', '-c', file], processOptions);
  const { port: probesPort } = await started.lineWhere(({ msg }) => msg === 'listening for probes');
  const { port } = await started.lineWhere(({ msg }) => msg === 'listening');
  const probe = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${probesPort}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return {
    ...started,
    port: Number(port),
    probesPort: Number(probesPort),
    pki,
    folder,
    file,
    probe,
    async metric(series) {
      const { text } = await probe('/metrics');
      const line = text.split('\n').find((each) => each.startsWith(`${series} `));
      return Number(line?.slice(series.length + 1) ?? 0);
    },
  };
}

/** It ended before it listened, with one line for people. */
export function checkNoStart(t: Test, { code, stdout, stderr }: Ended, message: RegExp): void {
  t.equal(code, 1);
  t.equal(stdout, '', 'it never listened');
  t.match(stderr, message);
  t.match(stderr, /^portcullis: [^\n]*\n$/, 'one line');
  t.notMatch(stderr, /\n\s+at |node:internal|Error:/, 'no stack');
}

/** It starts, and stops when it is told to. */
export async function checkStart(t: Test, args: readonly string[], options?: ProcessOptions): Promise<void> {
  const gateway = startProcess(t, args, options);
  await gateway.lineWhere(({ msg }) => msg === 'listening');
  gateway.signal('SIGTERM');
  t.match(await gateway.ended, { code: 0 });
}

/** Path of a file in the checkout. */
export function inCheckout(path: string): string {
  return join(fileURLToPath(new URL('../..', import.meta.url)), path);
}
