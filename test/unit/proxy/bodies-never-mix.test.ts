// Memory of bodies is used again: does everybody get his own bytes, however late he reads and however they come?

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import t, { type Test } from 'tap';
import { makeRoot } from '../../kit/pki.ts';
import { listen, startFront, startUpstream, type UpstreamParts } from './rig.ts';

const KIB = 1024;
/** From what is copied to what is read into many buffers; none a multiple of another. */
const SIZES = [1, 700, 20 * KIB, 33 * KIB, 65_537, 200 * KIB + 7, 1024 * KIB + 13];
/** More than the sockets on the way hold: the rest waits in the gateway. */
const LARGE = 24 * KIB * KIB + 11;
const FRAMINGS = ['length', 'chunked', 'end'];

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Gives the body of that name with a length, in chunks of odd sizes, or until the end; echoes what is sent. */
function serve(bodies: ReadonlyMap<string, Buffer>, late: Promise<unknown>) {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://a');
    const framing = searchParams.get('framing');
    if (searchParams.get('late') === 'service') await late;
    const body = request.method === 'POST' ? await read(request) : bodies.get(searchParams.get('body') ?? '');
    if (body === undefined) throw new Error('no such body');
    if (framing === 'length') response.setHeader('content-length', body.length);
    if (framing === 'end') {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    for (let at = 0; at < body.length; ) {
      const size = framing === 'length' ? body.length : 1 + ((at * 31 + 40_009) % 50_021);
      if (!response.write(body.subarray(at, at + size))) await once(response, 'drain');
      at += size;
    }
    response.end();
  };
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function check(t: Test, start: (serve: http.RequestListener) => Promise<UpstreamParts>): Promise<void> {
  const bodies = new Map<string, Buffer>();
  let letLate = () => {};
  const late = new Promise<void>((resolve) => {
    letLate = resolve;
  });
  const { port } = await startFront(t, await start(serve(bodies, late)));
  const agent = new http.Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const wrong: string[] = [];
  /** Resolves once the answer has begun, with the rest of the story. */
  const begin = async (method: string, size: number, framing: string, whoIsLate = 'nobody') => {
    const body = randomBytes(size);
    const name = `${method} ${size} ${framing} ${whoIsLate} ${bodies.size}`;
    bodies.set(name, body);
    const query = new URLSearchParams({ framing, late: whoIsLate, body: name });
    const request = http.request({ port, agent, method, path: `/?${query}` });
    request.end(method === 'POST' ? body : undefined);
    return async () => {
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      if (whoIsLate === 'client') await late;
      if (hash(await read(response)) !== hash(body)) wrong.push(name);
    };
  };
  const lateOnes: Promise<void>[] = [];
  for (const framing of FRAMINGS) {
    lateOnes.push((await begin('GET', LARGE, framing, 'client'))());
    lateOnes.push((await begin('POST', LARGE, framing, 'service'))());
  }
  const inTime = async () => {
    for (const size of SIZES) {
      for (const framing of FRAMINGS) {
        for (const method of ['GET', 'POST']) await (await begin(method, size, framing))();
      }
    }
  };
  await Promise.all([inTime(), inTime(), inTime(), inTime()]);
  letLate();
  await Promise.all(lateOnes);
  t.same(wrong, [], `all of ${bodies.size} bodies came as they were sent`);
}

t.test('of a plain service', async (t) => {
  await check(t, async (serve) => ({ url: (await startUpstream(t, serve)).url }));
});

t.test('of a service with TLS', async (t) => {
  const root = makeRoot();
  const { chainPem, keyPem } = root.server();
  await check(t, async (serve) => {
    const port = await listen(t, https.createServer({ cert: chainPem, key: keyPem }, serve));
    return { url: new URL(`https://127.0.0.1:${port}`), tls: { ca: [root.pem] } };
  });
});
