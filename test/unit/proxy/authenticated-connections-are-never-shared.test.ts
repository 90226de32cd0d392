// Who may use an upstream connection that somebody has authenticated (design rule 10)?

import http from 'node:http';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import {
  authenticatesConnection,
  offersConnectionAuthentication,
} from '../../../src/proxy/connection-authentication.ts';
import { ask, startFront, startUpstream, until } from './rig.ts';

/** An upstream in the manner of NTLM: a connection is the one who completed the exchange of messages on it. */
async function startNtlm(t: Test) {
  const persons = new WeakMap<Socket, string>();
  const connections = new Set<Socket>();
  const upstream = await startUpstream(t, (request, response) => {
    const { socket } = request;
    connections.add(socket);
    const [scheme, message] = (request.headers.authorization ?? '').split(' ');
    if (scheme === 'NTLM' && message === 'negotiate') {
      persons.set(socket, 'challenged');
      response.writeHead(401, { 'WWW-Authenticate': 'NTLM challenge' }).end('challenge');
    } else if (scheme === 'NTLM' && persons.get(socket) === 'challenged') {
      persons.set(socket, message ?? '');
      response.end(message);
    } else if (persons.has(socket)) {
      response.end(persons.get(socket));
    } else if (request.url === '/open') {
      response.end('nobody');
    } else {
      response.writeHead(401, { 'WWW-Authenticate': ['Basic realm="x"', 'NTLM'] }).end('who are you?');
    }
  });
  return { ...upstream, connections };
}

async function say(port: number, agent: http.Agent, authorization?: string, path = '/') {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const { status, body } = await ask(port, path, { agent, headers });
  return `${status} ${body}`;
}

function clientConnection(t: Test): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  return agent;
}

t.test('two clients in turns: each is only ever itself, and all messages share one connection', async (t) => {
  const { url, connections } = await startNtlm(t);
  const { port } = await startFront(t, { url });
  const alice = clientConnection(t);
  const mallory = clientConnection(t);
  t.equal(await say(port, mallory), '401 who are you?');
  t.equal(await say(port, alice), '401 who are you?');
  t.equal(await say(port, alice, 'NTLM negotiate'), '401 challenge');
  t.equal(await say(port, mallory), '401 who are you?');
  t.equal(await say(port, alice, 'NTLM alice'), '200 alice');
  for (let i = 0; i < 3; i++) {
    t.equal(await say(port, alice), '200 alice');
    t.equal(await say(port, mallory), '401 who are you?');
    t.equal(await say(port, clientConnection(t), undefined, '/open'), '200 nobody');
  }
  t.equal(await say(port, mallory, 'NTLM negotiate'), '401 challenge');
  t.equal(await say(port, mallory, 'NTLM mallory'), '200 mallory');
  t.equal(await say(port, alice), '200 alice');
  // The pool's, and one each.
  t.equal(connections.size, 3);
});

t.test('a first message that comes unasked is on the connection of its client already', async (t) => {
  const { url, connections } = await startNtlm(t);
  const { port } = await startFront(t, { url });
  t.equal(await say(port, clientConnection(t), undefined, '/open'), '200 nobody');
  const alice = clientConnection(t);
  t.equal(await say(port, alice, 'NTLM negotiate'), '401 challenge');
  t.equal(await say(port, alice, 'NTLM alice'), '200 alice');
  t.equal(await say(port, clientConnection(t), undefined, '/open'), '200 nobody');
  t.equal(connections.size, 2);
});

t.test('the connection ends with that of the client, and not before', async (t) => {
  const { url, connections } = await startNtlm(t);
  const { port } = await startFront(t, { url, keepAliveMs: 20 });
  const alice = clientConnection(t);
  t.equal(await say(port, alice, 'NTLM negotiate'), '401 challenge');
  t.equal(await say(port, alice, 'NTLM alice'), '200 alice');
  const [pinned] = connections;
  // The pool's connections are closed after 20 ms; when one was, alice's still stands.
  await say(port, clientConnection(t), undefined, '/open');
  const pooled = [...connections][1];
  await until(() => pooled?.destroyed === true);
  t.equal(await say(port, alice), '200 alice');
  t.equal(pinned?.destroyed, false);
  alice.destroy();
  await until(() => pinned?.destroyed === true);
});

t.test('other schemes, and clients without one, share the pool', async (t) => {
  const seen = new Set<Socket>();
  const { url } = await startUpstream(t, (request, response) => {
    seen.add(request.socket);
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="NTLM"' }).end();
  });
  const { port } = await startFront(t, { url });
  for (const value of ['Basic eDp5', 'Bearer ntlm', undefined]) await say(port, clientConnection(t), value);
  t.equal(seen.size, 1);
});

t.test('schemes are found in any case, place and company', async (t) => {
  for (const value of [
    'NTLM',
    'ntlm TlRM',
    'Negotiate YII=',
    ' negotiate x',
    'Basic x, NTLM',
    'Basic realm="a",Negotiate',
  ]) {
    t.equal(authenticatesConnection(['AUTHORIZATION', value]), true, value);
    t.equal(offersConnectionAuthentication(['X', 'y', 'Www-Authenticate', 'Basic', 'www-authenticate', value]), true);
  }
  for (const value of ['', 'Basic TlRM', 'NTLMX', 'Bearer negotiate', 'X-Negotiate y']) {
    t.equal(authenticatesConnection(['Authorization', value]), false, value);
  }
  t.equal(authenticatesConnection(['X-Authorization', 'NTLM']), false);
});
