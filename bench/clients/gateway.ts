// A gateway with so many clients in its directory, in a process of its own whose processor time is asked for by message.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../../src/app/gateway.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { silentLog } from '../../src/model/log.ts';

export interface Setting {
  readonly folder: string;
  /** In that folder. */
  readonly database: string;
  readonly upstreamPort: number;
  /** PEM. */
  readonly anchors: string;
  readonly serverChain: string;
  readonly serverKey: string;
}

process.once('disconnect', () => process.exit());
process.once('message', (setting: Setting) => void run(setting));

async function run(setting: Setting): Promise<void> {
  const { folder } = setting;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  write('ca.pem', setting.anchors);
  write('server.pem', setting.serverChain);
  write('server.key', setting.serverKey);
  write('portcullis.yaml', yaml(setting));
  const loaded = await loadConfiguration(join(folder, 'portcullis.yaml'), { env: {}, now: Date.now() });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const reload = () => Promise.reject(new Error('nobody asks for it'));
  const gateway = await startGateway(loaded.configuration, { clock: Date.now, log: silentLog, reload });
  let before = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    process.send?.(user + system);
  });
  process.send?.(gateway.addresses[0]?.port);
}

function yaml({ database, upstreamPort }: Setting): string {
  return `version: 1
listeners: [{ address: "127.0.0.1:0" }]
certificates: [{ cert: server.pem, key: server.key, default: true }]
directory: { url: "sqlite:${database}", staleness: 10s }
timeouts: { idle: 10m }
trust: { corporate: { anchors: [ca.pem], revocation: { mode: "off" } } }
upstreams: { app: { url: "http://127.0.0.1:${upstreamPort}" } }
sites:
  - { hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require, account: required, allow: [{ role: reader }] }
`;
}
