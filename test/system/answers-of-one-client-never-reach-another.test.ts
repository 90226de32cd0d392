// Buffers that answers are read into are used again once their bytes are with the client. Whoever reads slowly, or breaks off
// in the middle, must not get, nor leave to others, one byte that is not of his own answer.

import { once } from 'node:events';
import { request as requestByTls } from 'node:https';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { tlsOptions } from '../kit/client.ts';
import { startTestGateway } from '../kit/gateway.ts';
import { openHttp2 } from '../kit/http2.ts';
import { startUpstream } from '../kit/upstream.ts';

/** Some dozens of whole buffers. */
const BYTES = 4 * 1024 * 1024;
const ROUNDS = 4;
const CLIENTS = 6;

/** Every byte of it says whose it is. */
const bodyOf = (client: number) => Buffer.alloc(BYTES, client + 1);

interface Client {
  /** Begins to read its answer. */
  ask(client: number): Promise<Readable>;
}

function byHttp1(port: number): Client {
  const ask = (client: number) =>
    new Promise<Readable>((resolve, reject) => {
      const headers = { host: 'localhost' };
      const call = requestByTls({ ...tlsOptions({ port }), agent: false, path: `/${client}`, headers }, resolve);
      call.on('error', reject).end();
    });
  return { ask };
}

async function byHttp2(t: Test, port: number): Promise<Client> {
  const session = await openHttp2(t, { port });
  const ask = async (client: number) => {
    const stream = session.request({ ':path': `/${client}` });
    await once(stream, 'response');
    return stream;
  };
  return { ask };
}

/** How much came, and whether all of it is the client's own. Every third breaks off in the middle. */
async function read(
  answer: Readable,
  client: number,
  isImpatient: boolean,
): Promise<{ bytes: number; isOwn: boolean }> {
  let bytes = 0;
  let isOwn = true;
  answer.on('error', () => {});
  const own = bodyOf(client);
  for await (const part of answer as AsyncIterable<Buffer>) {
    isOwn &&= part.equals(own.subarray(0, part.length));
    bytes += part.length;
    if (isImpatient && bytes > BYTES / 4) break;
    // At a pace of its own, so that answers wait at different places.
    for (let turn = 0; turn < client; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  return { bytes, isOwn };
}

for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
  t.test(version, async (t) => {
    const upstream = await startUpstream(t, {
      answer: (request, response) => response.end(bodyOf(Number(request.url?.slice(1)))),
    });
    const gateway = await startTestGateway(t, {
      upstreamPort: upstream.port,
      // So that they use each other's connections.
      upstreamOptions: 'maxConnections: 3',
      yaml: 'sites: [{ hosts: [localhost], upstream: app, clientCertificate: ignore }]\n',
    });
    const client = version === 'HTTP/2' ? await byHttp2(t, gateway.port) : byHttp1(gateway.port);
    for (let round = 0; round < ROUNDS; round++) {
      const isImpatient = (index: number) => (index + round) % 3 === 0;
      const all = await Promise.all(
        Array.from({ length: CLIENTS }, async (_, index) => read(await client.ask(index), index, isImpatient(index))),
      );
      for (const [index, { bytes, isOwn }] of all.entries()) {
        t.equal(isOwn, true, `round ${round}: client ${index} got what is its own`);
        if (!isImpatient(index)) t.equal(bytes, BYTES, 'and all of it');
      }
    }
  });
}
