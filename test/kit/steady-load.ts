// A load that goes on while things happen to the gateway, and counts what did not come back: requests on kept and on new
// connections, streams of HTTP/2, messages on WebSockets. Nothing is tried twice, but streams that were refused unread.

import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { type ClientOptions, tlsOptions } from './client.ts';
import { until } from './until.ts';

export interface LoadOptions extends ClientOptions {
  /** Of a service that may be away: asked on a kept connection, and 502, 503 and 504 are answers too. */
  readonly doomedPath: string;
}

export interface Tally {
  answered: number;
  /** By what came instead. */
  readonly lost: Record<string, number>;
}

export interface SteadyLoad {
  readonly tallies: Readonly<Record<string, Tally>>;
  /** Of the service that may be away: how often it was. */
  away(): number;
  /** Streams that crossed GOAWAY, and were sent again (RFC 9113 8.7: they were not looked at). */
  again(): number;
  /** WebSockets that ended although their clients did not want them to. */
  cut(): number;
  /** Waits until each client has had this many further answers. */
  further(count: number): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** Clients of each kind, each with one request at a time. */
const CLIENTS = 2;
/** So that the load leaves room for others on the machine. */
const PAUSE_MS = 4;
const AWAY: readonly number[] = [502, 503, 504];
const LOST_AFTER_MS = 10_000;

export function startSteadyLoad(options: LoadOptions): SteadyLoad {
  const tallies: Record<string, Tally> = {};
  const clients: { answers: number; readonly running: Promise<void> }[] = [];
  const agents: Agent[] = [];
  const sessions = new Set<ClientHttp2Session>();
  const sockets = new Set<WebSocket>();
  let isOver = false;
  let away = 0;
  let cut = 0;
  let again = 0;

  /** `ask` resolves with a status, 200 for what has none and is as good, and rejects where there was no answer. */
  function addClients(kind: string, makeAsk: () => () => Promise<number>): void {
    const tally: Tally = { answered: 0, lost: {} };
    tallies[kind] = tally;
    for (const _ of Array(CLIENTS).keys()) {
      const client = { answers: 0, running: Promise.resolve() };
      const ask = makeAsk();
      const turn = async () => {
        const status = await within(ask()).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
        if (typeof status === 'number' && AWAY.includes(status) && kind === DOOMED) away++;
        else if (status === 200) tally.answered++;
        else tally.lost[status] = (tally.lost[status] ?? 0) + 1;
        client.answers++;
      };
      client.running = (async () => {
        while (!isOver) {
          await turn();
          await wait(PAUSE_MS);
        }
      })();
      clients.push(client);
    }
  }

  function keptConnection(path: string): () => Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    return () => askByHttp1(options, path, agent);
  }

  addClients('kept connections', () => keptConnection('/kept'));
  addClients('new connections', () => () => askByHttp1(options, '/new', false));
  addClients(DOOMED, () => keptConnection(options.doomedPath));
  addClients('streams of HTTP/2', () => {
    let session: ClientHttp2Session | undefined;
    const ask = async (): Promise<number> => {
      if (session === undefined || session.closed || session.destroyed) {
        session = openSession(options);
        sessions.add(session);
      }
      const status = await askByHttp2(session);
      if (status !== 'refused') return status;
      again++;
      return ask();
    };
    return ask;
  });
  addClients('messages on WebSockets', () => {
    let socket: WebSocket | undefined;
    let sent = 0;
    return async () => {
      if (socket?.readyState !== WebSocket.OPEN) {
        if (socket !== undefined) cut++;
        socket = await openSocket(options);
        sockets.add(socket);
        return 200;
      }
      return echo(socket, String(sent++));
    };
  });

  return {
    tallies,
    away: () => away,
    cut: () => cut,
    again: () => again,
    async further(count) {
      const before = clients.map(({ answers }) => answers);
      await until(() => clients.every(({ answers }, index) => answers >= (before[index] ?? 0) + count));
    },
    async stop() {
      isOver = true;
      await Promise.all(clients.map(({ running }) => running));
      for (const agent of agents) agent.destroy();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.terminate();
    },
  };
}

const DOOMED = 'requests to the other service';

async function within(answer: Promise<number>): Promise<number> {
  const over = new AbortController();
  const late = wait(LOST_AFTER_MS, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error('no answer')),
    () => 0,
  );
  return Promise.race([answer, late]).finally(() => over.abort());
}

function askByHttp1(options: ClientOptions, path: string, agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: options.servername ?? 'localhost' };
    const request = httpsRequest({ ...tlsOptions(options), agent, path, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    request.end();
  });
}

function openSession(options: ClientOptions): ClientHttp2Session {
  const socket = connectTls({ ...tlsOptions(options), ALPNProtocols: ['h2'] });
  const session = connectHttp2(`https://${options.servername ?? 'localhost'}`, { createConnection: () => socket });
  session.on('error', () => {});
  return session;
}

function askByHttp2(session: ClientHttp2Session): Promise<number | 'refused'> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/stream' });
    let status = 0;
    let isWhole = false;
    stream.on('response', (head) => {
      status = Number(head[':status']);
    });
    stream.on('end', () => {
      isWhole = true;
    });
    stream.on('error', (error) => {
      if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) reject(error);
    });
    stream.on('close', () => {
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) resolve('refused');
      else if (status > 0 && isWhole) resolve(status);
      else reject(new Error(`a stream ended with ${stream.rstCode}`));
    });
    stream.resume();
  });
}

function openSocket(options: ClientOptions): Promise<WebSocket> {
  const { host, port, ...secure } = tlsOptions(options);
  const headers = { host: options.servername ?? 'localhost' };
  const socket = new WebSocket(`wss://${host}:${port}/socket`, { ...secure, headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.on('error', reject);
  });
}

function echo(socket: WebSocket, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('a WebSocket ended'));
    socket.once('close', end);
    socket.once('message', (data) => {
      socket.off('close', end);
      if (String(data) === text) resolve(200);
      else reject(new Error('another message'));
    });
    socket.send(text);
  });
}
