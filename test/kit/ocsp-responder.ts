// A responder that says what a test wants to hear, over real sockets.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType: string | undefined;
  /** The OCSPRequest, from the body or the path. */
  readonly der: Buffer;
}

/** Bytes are a response as it should be sent; `silent` is no answer at all. */
export type Reply =
  | Uint8Array
  | 'silent'
  | { readonly status?: number; readonly contentType?: string; readonly body: Uint8Array };

export interface TestResponder {
  readonly url: string;
  /** Oldest first. */
  readonly requests: readonly ReceivedRequest[];
  /** What it says from now on; a function is asked for each request, and may take its time. */
  says(reply: Reply | ((request: ReceivedRequest) => Reply | Promise<Reply>)): void;
}

/** Listens until the test ends. */
export async function startResponder(t: Test, first: Reply = 'silent'): Promise<TestResponder> {
  const requests: ReceivedRequest[] = [];
  let reply: Parameters<TestResponder['says']>[0] = first;
  const server = createServer(async (request, response) => {
    const received = await receive(request);
    requests.push(received);
    const said = typeof reply === 'function' ? await reply(received) : reply;
    if (said === 'silent') return;
    const { status = 200, contentType = 'application/ocsp-response', body } = 'body' in said ? said : { body: said };
    response.writeHead(status, { 'content-type': contentType }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/ocsp`,
    requests,
    says(next) {
      reply = next;
    },
  };
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const { method = '', url: path = '', headers } = request;
  const body = Buffer.concat(await request.toArray());
  const der = method === 'GET' ? Buffer.from(decodeURIComponent(path.split('/').at(-1) ?? ''), 'base64') : body;
  return { method, path, contentType: headers['content-type'], der };
}
