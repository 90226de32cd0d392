// A gateway of several processes: which there are, and what reaches each of them.

import type { TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { ADMIN_YAML } from './admin.ts';
import { type ClientOptions, open } from './client.ts';
import type { GatewayOptions } from './gateway.ts';
import { type GatewayProcess, startGatewayProcess } from './process.ts';

export interface CrewProcess extends GatewayProcess {
  readonly adminPort: number;
  /** Of the workers that were said to serve and not to be lost, oldest first. */
  pids(): number[];
}

/** Two workers with an admin address, and a wide limit on calls to it. */
export async function startCrewProcess(t: Test, options: GatewayOptions): Promise<CrewProcess> {
  const yaml = `workers: 2\n${options.yaml}${ADMIN_YAML}  limits: { requests: 100000 }\n`;
  const gateway = await startGatewayProcess(t, { ...options, yaml });
  const { port: adminPort } = await gateway.lineWhere(({ msg }) => msg === 'listening for the admin API');
  const pidsOf = (message: RegExp) =>
    gateway
      .lines()
      .filter(({ msg }) => message.test(msg))
      .map(({ pid }) => Number(pid));
  return {
    ...gateway,
    adminPort: Number(adminPort),
    pids() {
      const lost = new Set(pidsOf(/^a worker was lost/));
      return pidsOf(/^a worker serves$/).filter((pid) => !lost.has(pid));
    },
  };
}

/** What one HTTP/1.1 connection is for a test. */
export interface KeptConnection {
  /** Status of one more request. 0: the connection is gone. */
  ask(path?: string): Promise<number>;
  readonly isClosed: boolean;
}

/** Connections that stay, one after the other: they are handed out in turn. */
export async function keepConnections(t: Test, count: number, options: ClientOptions): Promise<KeptConnection[]> {
  const kept: KeptConnection[] = [];
  for (let index = 0; index < count; index++) kept.push(keep(await open(t, options)));
  return kept;
}

function keep(socket: TLSSocket): KeptConnection {
  return {
    get isClosed() {
      return socket.destroyed;
    },
    ask: (path = '/') =>
      new Promise((resolve) => {
        let text = '';
        const end = () => {
          socket.off('data', take).off('close', end);
          resolve(isWhole(text) ? Number(text.slice(9, 12)) : 0);
        };
        const take = (chunk: Buffer) => {
          text += chunk.toString('latin1');
          if (isWhole(text)) end();
        };
        if (socket.destroyed) return end();
        socket.on('data', take).on('close', end);
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      }),
  };
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
