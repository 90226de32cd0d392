// Streams that stay open through a gateway: a WebSocket and an SSE answer of one client.

import type { ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { type ClientOptions, open, readUntil } from './client.ts';
import { echo, openWebSocket, startEchoUpstream } from './websocket-client.ts';

export interface Streams {
  /** How many of the two are closed. */
  closed(): number;
  /** A message and an event come through. */
  check(t: Test, what: string): Promise<void>;
}

export interface StreamUpstream {
  readonly port: number;
  open(options: ClientOptions): Promise<Streams>;
}

/** Answers each path below `/events/` with a stream of events, everything else at once. */
export async function startStreamUpstream(t: Test): Promise<StreamUpstream> {
  const answers = new Map<string, ServerResponse>();
  let opened = 0;
  const { port } = await startEchoUpstream(t, {
    answer(request, response) {
      const { url = '' } = request;
      if (!url.startsWith('/events/')) return void response.end('answered');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: opened\n\n');
      answers.set(url, response);
    },
  });
  return {
    port,
    async open(options) {
      const socket = await openWebSocket(t, options);
      if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket.text}`);
      const events = await open(t, options);
      const begun = readUntil(events, (text) => text.includes('data: opened'));
      const path = `/events/${opened++}`;
      events.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await begun;
      const answer = answers.get(path);
      return {
        closed: () => Number(socket.readyState === WebSocket.CLOSED) + Number(events.closed),
        async check(t, what) {
          t.equal(await echo(socket, 'hello'), 'hello', `${what}: WebSocket`);
          const more = readUntil(events, (text) => text.includes('data: more'));
          answer?.write('data: more\n\n');
          t.match(await more, /data: more/, `${what}: SSE`);
        },
      };
    },
  };
}
