// A log that could not be written ended the process with the first line that failed.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { type Answer, send } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { startProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

/** A log without lines tells no port that the system chose. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

t.test('requests are served', { skip: process.platform !== 'linux' && 'no /dev/full' }, async (t) => {
  const upstream = await startUpstream(t);
  const [pki, folder, port] = [makePki(), makeFolder(t), await findFreePort()];
  const yaml = `
sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]
log: { file: /dev/full }
`;
  const file = writeConfiguration(folder, pki, { pki, upstreamPort: upstream.port, yaml });
  writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:0', `127.0.0.1:${port}`));

  const gateway = startProcess(t, ['run', '-c', file]);
  const certificate = pki.issuing.client({ cn: 'alice' });
  let over = false;
  void gateway.ended.then(() => {
    over = true;
  });
  let answer: Answer | undefined;
  while (answer === undefined && !over) answer = await send(t, { port, certificate }).catch(() => undefined);
  t.equal(answer?.status, 200);
  for (let n = 0; n < 20; n++) t.equal((await send(t, { port, certificate, path: `/${n}` })).text, `answered /${n}`);
  gateway.signal('SIGTERM');
  const { code, stdout, stderr } = await gateway.ended;
  t.strictSame({ code, stdout }, { code: 0, stdout: '' }, 'it stops as it should');
  t.match(stderr, /^portcullis: the log cannot be written: [^\n]*ENOSPC[^\n]*\n$/, 'and has said it once');
});
