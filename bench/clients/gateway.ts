// A gateway with so many clients in its directory, in a process of its own whose processor time is asked for by message.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../src/app/gateway.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import type { Change } from '../../src/directory/changes.ts';
import { openDirectory } from '../../src/directory/open.ts';
import { silentLog } from '../../src/model/log.ts';

export interface Setting {
  readonly clients: number;
  readonly upstreamPort: number;
  /** PEM. */
  readonly anchors: string;
  readonly serverChain: string;
  readonly serverKey: string;
  /** Whose requests are measured: the last of the clients. */
  readonly issuerSpki: string;
  readonly serial: string;
}

process.once('message', (setting: Setting) => void run(setting));

async function run(setting: Setting): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  write('ca.pem', setting.anchors);
  write('server.pem', setting.serverChain);
  write('server.key', setting.serverKey);
  write('portcullis.yaml', yaml(setting));
  await register(`sqlite:${join(folder, 'clients.db')}`, setting);
  const loaded = await loadConfiguration(join(folder, 'portcullis.yaml'), { env: {}, now: Date.now() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const gateway = await startGateway(loaded.configuration, { clock: Date.now, log: silentLog });
  let before = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    process.send?.(user + system);
  });
  process.send?.(gateway.addresses[0]?.port);
}

async function register(url: string, { clients, issuerSpki, serial }: Setting): Promise<void> {
  const store = openDirectory(url, { clock: Date.now });
  await store.prepare();
  const changes = Array.from({ length: clients }, (_, index): Change => {
    const number = index === clients - 1 ? serial : (0x7f000000 + index).toString(16).toUpperCase();
    const match = { kind: 'issuer-serial', issuerSpki, serial: number } as const;
    const account = { name: `client-${index}`, kind: 'app', roles: ['reader'] } as const;
    return { do: 'add-account', account, credentials: [{ match }] };
  });
  const outcome = await store.change({ actor: 'bench', changes });
  if (!outcome.done) throw new Error(outcome.problems[0]?.message);
  await store.close();
}

function yaml({ upstreamPort }: Setting): string {
  return `version: 1
listeners: [{ address: "127.0.0.1:0" }]
certificates: [{ cert: server.pem, key: server.key, default: true }]
directory: { url: "sqlite:clients.db" }
trust: { corporate: { anchors: [ca.pem], revocation: { mode: "off" } } }
upstreams: { app: { url: "http://127.0.0.1:${upstreamPort}" } }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require, account: required, allow: [{ role: reader }] }
`;
}
