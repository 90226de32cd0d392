// WebSockets of the package `ws` through the gateway: a client that gets a socket or a refusal, and an upstream that echoes.

import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { type Answer, checkForLeaks, type RequestOptions, tlsOptions } from './client.ts';
import { startUpstream, type TestUpstream } from './upstream.ts';

/** Sends back what it gets. Plain requests are answered as by any other upstream, or by `answer`. */
export async function startEchoUpstream(
  t: Test,
  options: Omit<Parameters<typeof startUpstream>[1] & object, 'onUpgrade'> = {},
): Promise<TestUpstream> {
  const server = new WebSocketServer({ noServer: true });
  t.teardown(() => server.close());
  return startUpstream(t, {
    ...options,
    onUpgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => {
        opened.on('error', () => {});
        opened.on('message', (data, isBinary) => opened.send(data, { binary: isBinary }));
      });
    },
  });
}

/** Asks for a WebSocket on a connection of its own; one that opens stays open until the test ends. */
export function openWebSocket(t: Test, options: RequestOptions): Promise<WebSocket | Answer> {
  const { path = '/', headers = {}, servername = 'localhost' } = options;
  const { host, port, ...tls } = tlsOptions(options);
  const socket = new WebSocket(`wss://${host}:${port}${path}`, {
    ...tls,
    headers: { host: servername ?? 'localhost', ...headers } as Record<string, string>,
  });
  t.teardown(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const { statusCode: status = 0, headers, rawHeaders } = response;
        checkForLeaks(t, status, body.toString());
        resolve({ status, headers, rawHeaders, body, text: body.toString() });
      });
    });
  });
}

/** Sends a text and gives what comes back. */
export function echo(socket: WebSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(data.toString()));
    socket.once('close', () => reject(new Error('closed')));
    socket.send(text);
  });
}
