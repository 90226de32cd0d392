// A folder with a sound configuration and its files, for tests that break one thing of it.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Configuration, loadConfiguration } from '../../src/config/load.ts';
import type { Problem } from '../../src/model/problem.ts';
import { makeRoot, type TestCertificate } from './pki.ts';

export interface ConfigurationFolder {
  readonly root: TestCertificate;
  /** Of the server certificate, good for 90 days. */
  readonly server: TestCertificate;
  write(file: string, content: string | Uint8Array, mode?: number): void;
  /** Loads `portcullis.yaml`; the names of files in problems are relative to the folder. */
  load(options?: { env?: Record<string, string>; now?: number }): Promise<Loaded>;
}

export interface Loaded {
  readonly configuration: Configuration | undefined;
  /** Errors and warnings. */
  readonly problems: readonly Problem[];
}

/** What every case needs; `part` replaces one section. */
export function configurationText(parts: Readonly<Record<string, string>> = {}): string {
  const sections: Readonly<Record<string, string>> = {
    version: '1',
    listeners: '[{ address: "127.0.0.1:8443" }]',
    certificates: '[{ cert: server.pem, key: server.key, default: true }]',
    trust: '{ corporate: { anchors: [ca.pem], revocation: { mode: hard, crl: [ca.crl] } } }',
    upstreams: '{ echo: { url: "http://127.0.0.1:9000" } }',
    sites: '[{ hosts: [localhost], trust: corporate, upstream: echo, clientCertificate: require }]',
    ...parts,
  };
  return Object.entries(sections)
    .map(([key, text]) => `${key}: ${text}\n`)
    .join('');
}

/** Fills the folder; it loads without error or warning. */
export function makeConfigurationFolder(folder: string): ConfigurationFolder {
  const root = makeRoot();
  const server = root.server({ notAfter: Date.now() + 90 * 86_400_000 });
  const self: ConfigurationFolder = {
    root,
    server,
    write(file, content, mode = 0o600) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      chmodSync(path, mode);
    },
    async load({ env = {}, now = Date.now() } = {}) {
      const result = await loadConfiguration(join(folder, 'portcullis.yaml'), { env, now });
      const relative = (text: string): string => text.replaceAll(`${folder}/`, '');
      const problems = (result.ok ? result.warnings : result.problems).map((problem) => ({
        ...problem,
        file: relative(problem.file),
        message: relative(problem.message),
        remedy: relative(problem.remedy),
      }));
      return { configuration: result.ok ? result.configuration : undefined, problems };
    },
  };
  self.write('portcullis.yaml', configurationText());
  self.write('server.pem', server.chainPem);
  self.write('server.key', server.keyPem);
  self.write('ca.pem', root.pem);
  self.write('ca.crl', root.crl().pem);
  return self;
}
