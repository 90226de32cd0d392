// A working directory like a checkout in which `npm start` was run, on ports of its own.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeFolder } from './gateway.ts';
import { inCheckout, startProcess, type TestProcess } from './process.ts';

/** A new folder with `config/portcullis.yaml`, and no certificates yet. */
export async function makeDemoFolder(t: Test): Promise<string> {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'config'));
  await writeDemoConfiguration(folder, '127.0.0.1:0');
  return folder;
}

export async function writeDemoConfiguration(folder: string, address: string): Promise<void> {
  const replacements: readonly [string, string][] = [
    ['address: 127.0.0.1:8443', `address: ${address}`],
    ['http://127.0.0.1:9000', `http://127.0.0.1:${await findFreePort()}`],
    ['address: 127.0.0.1:9902', 'address: 127.0.0.1:0'],
    ['address: 127.0.0.1:9901', `address: 127.0.0.1:${await findFreePort()}`],
  ];
  let text = readFileSync(inCheckout('config/portcullis.yaml'), 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`the demo's configuration has no ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(join(folder, 'config', 'portcullis.yaml'), text);
}

/** Runs the demo in the folder, and waits until it has said what it has to say. */
export async function startDemo(t: Test, folder: string): Promise<TestProcess> {
  const demo = startProcess(t, ['run', '--demo'], { cwd: folder });
  await demo.until(() => demo.stdout().includes('Ctrl-C stops it.'));
  return demo;
}

/** The same folder with certificates in it. */
export async function makeDemoFolderWithCertificates(t: Test): Promise<string> {
  const folder = await makeDemoFolder(t);
  const demo = await startDemo(t, folder);
  demo.signal('SIGTERM');
  await demo.ended;
  return folder;
}

/** The demo's service cannot choose its port itself: the gateway must know it, as `status` must that of the admin API. */
function findFreePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
