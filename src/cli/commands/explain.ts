// portcullis explain: what would happen to a request, and why?

import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { judgeAlone } from '../../app/judge-alone.ts';
import { explainRequest } from '../../decision/explain.ts';
import { explanationToJson } from '../../decision/explanation-json.ts';
import { systemClock } from '../../model/clock.ts';
import { StartFault } from '../../model/fault.ts';
import { readCertificates } from '../../x509/files.ts';
import { configOption, loadOrReport } from '../config-file.ts';
import { explanationToText } from '../explanation-text.ts';
import { timeOption } from '../time-option.ts';

const EXAMPLE = `
The decision is made by the code that runs in the gateway, and needs none that runs. Exit code 0: allowed, 1: refused.

Example:
  portcullis explain --cert certs/dev/alice.pem --url https://localhost/admin
`;

interface Options {
  readonly cert?: string;
  readonly url: string;
  readonly config: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly offline?: boolean;
  readonly json?: boolean;
}

export function explainCommand(finish: (exitCode: number) => void): Command {
  return new Command('explain')
    .description('Show step by step how a request with a certificate would be decided.')
    .option('--cert <file>', 'the client certificate, and what it sends behind it; left out: none')
    .requiredOption('--url <url>', 'the address asked for, such as https://localhost/admin', readUrl)
    .addOption(timeOption('decide'))
    .addOption(configOption())
    .option('--offline', 'ask no address of revocation lists and no responder; left out: as the gateway would')
    .option('--json', 'write it as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options) => {
      const now = options.at ?? systemClock();
      const configuration = await loadOrReport(options.config);
      if (configuration === undefined) return finish(1);
      const judging = await judgeAlone(configuration, { now, online: options.offline !== true });
      const explanation = await explainRequest({
        ...judging,
        validation: configuration.settings.validation,
        certificates: options.cert === undefined ? [] : await readFileOfCertificates(options.cert),
        url: options.url,
        now,
      }).finally(judging.close);
      const json = () => `${JSON.stringify(explanationToJson(explanation), null, 2)}\n`;
      process.stdout.write(options.json ? json() : explanationToText(explanation));
      finish(explanation.refusal === undefined ? 0 : 1);
    });
}

/** Only its beginning is looked at: what the gate would refuse must reach the decision as it stands. */
function readUrl(text: string): string {
  if (!/^https:\/\/[^/?#]/i.test(text)) throw new InvalidArgumentError('expected an address that begins with https://');
  return text;
}

async function readFileOfCertificates(file: string): Promise<Uint8Array[]> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new StartFault(`--cert: ${error.message}`);
  });
  const { certificates, problems } = readCertificates(bytes);
  const [problem] = problems;
  if (problem)
    throw new StartFault(`--cert: ${file}${problem.line === undefined ? '' : `:${problem.line}`}: ${problem.message}`);
  return certificates.map(({ der }) => der);
}
