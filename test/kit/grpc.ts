// A service of gRPC and its clients, without a schema: messages are texts.

import {
  type Client,
  type ClientOptions,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Test } from 'tap';
import type { TestCertificate } from './pki.ts';

export type Kind = 'unary' | 'clientStream' | 'serverStream' | 'bidirectional';

const text = {
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
};

const method = (name: Kind, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  ...text,
});

/** One method for each kind of call. */
export const ECHO: ServiceDefinition = {
  unary: method('unary', false, false),
  clientStream: method('clientStream', true, false),
  serverStream: method('serverStream', false, true),
  bidirectional: method('bidirectional', true, true),
};

/** Gives the port. Stops with the test. */
export async function startGrpcService(t: Test, calls: UntypedServiceImplementation): Promise<number> {
  const server = new Server();
  server.addService(ECHO, calls);
  t.teardown(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

/** A client of the gateway, which it takes for localhost. */
export function openGrpcClient(
  t: Test,
  { port, root, certificate }: { port: number; root: TestCertificate; certificate?: TestCertificate },
): Client {
  const own = certificate
    ? ([Buffer.from(certificate.keyPem), Buffer.from(certificate.chainPem)] as const)
    : ([null, null] as const);
  const Constructor = makeGenericClientConstructor(ECHO, 'Echo');
  const options: ClientOptions = {
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.default_authority': 'localhost',
  };
  const client = new Constructor(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(root.pem), ...own), options);
  t.teardown(() => client.close());
  return client;
}

/** Fields sent along with a call. */
export function metadataOf(fields: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}
