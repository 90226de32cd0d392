// A gateway with a site for each thing an attacker would like to mix up, and the check that a refused request changed
// nothing: nothing of it reached the upstream, and the next request is answered as itself.

import type { Test } from 'tap';
import { type ReasonCode, reasonOf } from '../../src/model/reasons.ts';
import { type Canary, startCanary } from './canary.ts';
import { type ClientOptions, open, send } from './client.ts';
import { type GatewayOptions, startTestGateway, type TestGateway } from './gateway.ts';
import type { TestCertificate } from './pki.ts';
import { startUpstream, type TestUpstream } from './upstream.ts';
import { readAnswers } from './wire.ts';

export interface Attacked {
  readonly gateway: TestGateway;
  readonly port: number;
  readonly upstream: TestUpstream;
  readonly canary: Canary;
  /** A client whose certificate is good everywhere. */
  readonly alice: TestCertificate;
}

const writeSites = (localhost: string) => `
sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: accept
    ${localhost}
    paths:
      /admin: { clientCertificate: require }
      /public: { clientCertificate: ignore }
  - hosts: [secure.test]
    trust: corporate
    upstream: app
    clientCertificate: require
  - hosts: [open.test]
    upstream: app
    clientCertificate: ignore
`;

export interface AttackedOptions extends Partial<GatewayOptions> {
  readonly upstream?: TestUpstream;
  /** More keys of the site localhost, on one line. */
  readonly localhost?: string;
}

/** localhost: `/` accept, `/admin` require, `/public` ignore. secure.test requires, open.test ignores. */
export async function startAttacked(
  t: Test,
  { yaml = '', localhost = '', upstream: existing, ...options }: AttackedOptions = {},
): Promise<Attacked> {
  const upstream = existing ?? (await startUpstream(t));
  const canary = await startCanary(t);
  const gateway = await startTestGateway(t, {
    upstreamPort: upstream.port,
    serverNames: ['localhost', 'secure.test', 'open.test'],
    yaml: writeSites(localhost) + yaml,
    ...options,
  });
  return { gateway, port: gateway.port, upstream, canary, alice: gateway.pki.issuing.client({ cn: 'alice' }) };
}

export interface RefusedRow {
  /** One line: what is wrong with it. */
  readonly name: string;
  /** Characters up to U+00FF, one byte each. */
  readonly bytes: string;
  readonly code: ReasonCode;
  /** The connection may go on: its next request is sent on it as well. */
  readonly goesOn?: boolean;
}

/** Sends each row on a connection of its own; see the first line of this file. */
export async function checkRefused(
  t: Test,
  { port, upstream }: Pick<Attacked, 'port' | 'upstream'>,
  rows: readonly RefusedRow[],
  client: Partial<ClientOptions> = {},
): Promise<void> {
  let probes = 0;
  for (const row of rows) {
    await t.test(row.name, async (t) => {
      const before = upstream.bytes();
      const known = upstream.received.length;
      const socket = await open(t, { port, ...client });
      const answers = readAnswers(t, socket);
      socket.write(row.bytes, 'latin1');
      const { status, body, headers } = await answers.next();
      t.match({ ...JSON.parse(body), status }, { status: reasonOf(row.code).status, code: row.code });
      t.equal(headers.get('connection')?.[0] !== 'close', row.goesOn === true, 'it says whether it is closed');
      t.equal(upstream.bytes(), before, 'the upstream got nothing of it');

      const expected: string[] = [];
      if (row.goesOn) {
        const path = `/next/${probes++}`;
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
        t.equal(
          (await answers.next()).body,
          `answered ${path}`,
          'the next one on the connection is answered as itself',
        );
        expected.push(path);
      }
      t.equal(await answers.rest(), '', 'nothing else came, and the connection is closed');
      const path = `/fresh/${probes++}`;
      t.equal((await send(t, { port, path })).text, `answered ${path}`, 'one on another connection, too');
      const urls = upstream.received.slice(known).map(({ url }) => url);
      t.strictSame(urls, [...expected, path], 'and the upstream got these only');
    });
  }
}
