// The service behind the demo: answers with what it received, which is what an app behind the gateway would see.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { StartFault } from '../../model/fault.ts';

/** Starts it; resolves with what stops it. */
export async function startEcho(url: URL): Promise<() => void> {
  const server = createServer(answer);
  const port = Number(url.port || 80);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new StartFault(`the demo’s service cannot listen on ${url.host}: ${error.message}`)),
    );
    server.listen(port, url.hostname.replace(/^\[|\]$/g, ''), resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const lines = [`${request.method} ${request.url}`];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
  }
  request.resume();
  request.on('end', () => response.writeHead(200, { 'Content-Type': 'text/plain' }).end(`${lines.join('\n')}\n`));
}
