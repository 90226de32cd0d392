// portcullis status: how is the gateway that runs?

import { Command } from 'commander';
import { type AdminClient, type AdminOptions, adminOptions, createAdminClient, refusalOf } from '../admin-client.ts';
import { configOption } from '../config-file.ts';
import { formatTable } from '../directory-text.ts';

const EXAMPLE = `
Without a token or a certificate it tells whether the gateway is ready, and no more. Exit code 0: it is, 1: it is not, or cannot be asked.

Example:
  portcullis status
`;

interface Options extends AdminOptions {
  readonly json?: boolean;
}

export function statusCommand(finish: (exitCode: number) => void): Command {
  const command = new Command('status')
    .description('Show how a running gateway is, by its admin address.')
    .addOption(configOption());
  for (const option of adminOptions()) command.addOption(option);
  return command
    .option('--json', 'write it as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async ({ json = false, ...options }: Options) => {
      const client = await createAdminClient(options);
      const told = client.hasCredential ? await askStatus(client) : await askReadiness(client);
      process.stdout.write(json ? `${JSON.stringify(told.json, null, 2)}\n` : told.text);
      finish(told.ready ? 0 : 1);
    });
}

interface Told {
  readonly ready: boolean;
  readonly json: unknown;
  readonly text: string;
}

async function askReadiness({ url, ask }: AdminClient): Promise<Told> {
  const { status, body } = await ask('GET', '/readyz');
  const { detail } = body as { detail?: string };
  return {
    ready: status === 200,
    json: body,
    text: formatTable([[url, `${detail} (more is told with a token or a certificate)`]]),
  };
}

interface Status {
  readonly version: string;
  readonly node: string;
  readonly state: string;
  readonly startedAt: string;
  readonly generation: number;
  readonly configuration: string;
  readonly listeners: readonly { readonly address: string; readonly port: number }[];
  readonly connections: number;
  readonly reload: {
    readonly outcome: string;
    readonly at?: string;
    readonly problems: readonly { readonly file: string; readonly line?: number; readonly message: string }[];
  };
  readonly directory?: { readonly state: string; readonly generation?: number };
}

async function askStatus(client: AdminClient): Promise<Told> {
  const answer = await client.ask('GET', '/api/v1/status');
  if (answer.status !== 200) {
    const text = `${client.url}: ${refusalOf(answer)}\n`;
    return { ready: false, json: answer.body, text };
  }
  const status = answer.body as Status;
  return { ready: status.state === 'ready', json: status, text: formatTable(rowsOf(status)) };
}

function rowsOf({ directory, ...status }: Status): string[][] {
  const { outcome, at, problems } = status.reload;
  return [
    ['state', `${status.state} since ${status.startedAt}`],
    ['version', `${status.version} on Node ${status.node}`],
    ['configuration', `${status.configuration}, generation ${status.generation}`],
    ['last reload', outcome === 'none' ? 'none yet' : `${outcome} at ${at}`],
    ...problems.map(({ file, line, message }) => ['', `${file}${line === undefined ? '' : `:${line}`}: ${message}`]),
    ['listeners', status.listeners.map(({ address, port }) => `${address}:${port}`).join(', ')],
    ['connections', String(status.connections)],
    [
      'directory',
      directory === undefined ? 'none' : `${directory.state}, generation ${directory.generation ?? 'none'}`,
    ],
  ];
}
