// gRPC: calls of every kind pass, their streams live, and the service learns from metadata who called.

import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { makePki, startTestGateway, type TestGateway } from '../kit/gateway.ts';
import { metadataOf, openGrpcClient, startGrpcService } from '../kit/grpc.ts';
import { until } from '../kit/until.ts';

const pki = makePki();
const alice = pki.issuing.client({ cn: 'alice' });

const SITE = `sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    paths: { /test.Echo/unary: { clientCertificate: require } }`;

const whoOf = (metadata: Metadata) =>
  `${metadata.get('x-client-verify')} ${metadata.get('x-client-subject')} ${metadata.get('x-kept')}`;

const unary: handleUnaryCall<string, string> = (call, done) => {
  if (call.request === 'fail') {
    done({ code: status.FAILED_PRECONDITION, details: 'asked to fail', metadata: metadataOf({ 'x-why': 'because' }) });
  } else done(null, `${call.request}: ${whoOf(call.metadata)}`, metadataOf({ 'x-trailing': 'yes' }));
};
const clientStream: handleClientStreamingCall<string, string> = (call, done) => {
  const all: string[] = [];
  call.on('data', (message: string) => all.push(message));
  call.on('end', () => done(null, all.join('+')));
};
const serverStream: handleServerStreamingCall<string, string> = (call) => {
  for (let index = 0; index < Number(call.request); index++) call.write(`${index}`);
  call.end();
};
let cancelled = 0;
const bidirectional: handleBidiStreamingCall<string, string> = (call) => {
  call.on('cancelled', () => cancelled++);
  call.on('data', (message: string) => call.write(`${message}!`));
  call.on('end', () => call.end());
};

async function start(t: Test): Promise<TestGateway> {
  const port = await startGrpcService(t, { unary, clientStream, serverStream, bidirectional });
  return startTestGateway(t, {
    pki,
    upstreamPort: port,
    upstreamOptions: 'protocol: http2',
    revocation: '{ mode: hard, crl: [ca.crl] }',
    yaml: SITE,
  });
}

/** What a call came to. */
type Outcome = { answer: string; trailing?: Metadata } | { error: ServiceError };

function callUnary(client: ReturnType<typeof openGrpcClient>, message: string): Promise<Outcome> {
  return new Promise((resolve) => {
    let trailing: Metadata | undefined;
    const metadata = metadataOf({ 'x-client-subject': 'CN=spoofed', 'x-kept': 'kept' });
    const write = (text: string) => Buffer.from(text);
    const read = (bytes: Buffer) => bytes.toString();
    const call = client.makeUnaryRequest('/test.Echo/unary', write, read, message, metadata, (error, answer) => {
      // The status, with its metadata, comes before the callback.
      setImmediate(() => resolve(error ? { error } : { answer: answer ?? '', ...(trailing && { trailing }) }));
    });
    call.on('status', (ended) => {
      trailing = ended.metadata;
    });
  });
}

t.test('unary calls', async (t) => {
  const { port } = await start(t);
  const client = openGrpcClient(t, { port, root: pki.root, certificate: alice });
  const outcome = await callUnary(client, 'hello');
  t.match(outcome, { answer: 'hello: SUCCESS CN=alice kept' });
  t.strictSame('trailing' in outcome && outcome.trailing?.get('x-trailing'), ['yes']);
  const failed = await callUnary(client, 'fail');
  t.match(failed, { error: { code: status.FAILED_PRECONDITION, details: 'asked to fail' } });
  t.strictSame('error' in failed && failed.error.metadata.get('x-why'), ['because']);
  const many = await Promise.all(Array.from({ length: 300 }, (_, index) => callUnary(client, `m${index}`)));
  t.strictSame(
    many.filter((each, index) => !('answer' in each) || each.answer !== `m${index}: SUCCESS CN=alice kept`),
    [],
    'more than one connection holds streams',
  );
});

t.test('a refusal is a status', async (t) => {
  const gateway = await start(t);
  const nobody = openGrpcClient(t, { port: gateway.port, root: pki.root });
  const outcome = await callUnary(nobody, 'hello');
  t.match(outcome, { error: { code: status.PERMISSION_DENIED } });
  t.match(gateway.requests().at(-1), { code: 'certificate-required', path: '/test.Echo/unary' });
});

t.test('streams of the client', async (t) => {
  const { port } = await start(t);
  const client = openGrpcClient(t, { port, root: pki.root, certificate: alice });
  const answer = await new Promise((resolve, reject) => {
    const call = client.makeClientStreamRequest(
      '/test.Echo/clientStream',
      (text: string) => Buffer.from(text),
      (bytes) => bytes.toString(),
      (error, answer) => (error ? reject(error) : resolve(answer)),
    );
    for (const message of ['a', 'b', 'c']) call.write(message);
    call.end();
  });
  t.equal(answer, 'a+b+c');
});

t.test('streams of the service', async (t) => {
  const { port } = await start(t);
  const client = openGrpcClient(t, { port, root: pki.root, certificate: alice });
  const call = client.makeServerStreamRequest(
    '/test.Echo/serverStream',
    (text: string) => Buffer.from(text),
    (bytes) => bytes.toString(),
    '1000',
  );
  const messages: string[] = await call.toArray();
  t.equal(messages.length, 1000);
  t.equal(messages.at(-1), '999');
});

const openBidirectional = (client: ReturnType<typeof openGrpcClient>) =>
  client.makeBidiStreamRequest(
    '/test.Echo/bidirectional',
    (text: string) => Buffer.from(text),
    (bytes) => bytes.toString(),
  );

t.test('streams in both directions, message by message', async (t) => {
  const { port } = await start(t);
  const client = openGrpcClient(t, { port, root: pki.root, certificate: alice });
  const call = openBidirectional(client);
  const heard: string[] = [];
  let ended: unknown;
  call.on('data', (message: string) => heard.push(message));
  call.on('status', ({ code }) => {
    ended = code;
  });
  for (const message of ['a', 'b', 'c']) {
    call.write(message);
    await until(() => heard.at(-1) === `${message}!`);
  }
  call.end();
  await until(() => ended !== undefined);
  t.equal(ended, status.OK);
  t.strictSame(heard, ['a!', 'b!', 'c!']);
});

t.test('who leaves is gone for the service too', async (t) => {
  const { port } = await start(t);
  const client = openGrpcClient(t, { port, root: pki.root, certificate: alice });
  const call = openBidirectional(client);
  call.on('error', () => {});
  let heard = 0;
  call.on('data', () => heard++);
  call.write('a');
  await until(() => heard === 1);
  const before = cancelled;
  call.cancel();
  await until(() => cancelled === before + 1);
});

t.test('a revoked client loses its streams', async (t) => {
  const gateway = await start(t);
  const client = openGrpcClient(t, { port: gateway.port, root: pki.root, certificate: alice });
  const call = openBidirectional(client);
  let heard = 0;
  let ended: unknown;
  call.on('data', () => heard++);
  call.on('error', () => {});
  call.on('status', ({ code }) => {
    ended = code;
  });
  call.write('a');
  await until(() => heard === 1);
  await gateway.reload({ crl: { revoked: [alice], number: 2 } });
  await until(() => ended !== undefined);
  t.equal(ended, status.INTERNAL);
  t.match(gateway.requests().at(-1), { code: 'certificate-revoked' });
});

t.test('a service that is away', async (t) => {
  const gateway = await start(t);
  const client = openGrpcClient(t, { port: gateway.port, root: pki.root, certificate: alice });
  t.match(await callUnary(client, 'hello'), { answer: 'hello: SUCCESS CN=alice kept' });
  await gateway.reload({ upstreamPort: 1 });
  t.match(await callUnary(client, 'hello'), { error: { code: status.UNAVAILABLE } });
  t.match(gateway.requests().at(-1), { code: 'upstream-unreachable' });
});
