// portcullis echo: the demo's service alone, for a container or machine of its own.

import { Command, InvalidArgumentError } from 'commander';
import { addressPattern } from '../../config/options/server.ts';
import { startEcho } from '../demo/echo.ts';
import { untilSignal } from '../until-signal.ts';

const EXAMPLE = `
It has no TLS and believes every header: nobody but the gateway may reach it.

Example:
  portcullis echo --address 127.0.0.1:9001
`;

export function echoCommand(): Command {
  return new Command('echo')
    .description('Start the service of the demo alone: it answers with what it receives.')
    .option('--address <address>', 'address and port to listen on', readAddress, '127.0.0.1:9000')
    .addHelpText('after', EXAMPLE)
    .action(async ({ address }: { address: string }) => {
      const stop = await startEcho(new URL(`http://${address}`));
      process.stdout.write(`listening on ${address}\n`);
      await untilSignal('SIGTERM', 'SIGINT');
      stop();
    });
}

function readAddress(text: string): string {
  if (!addressPattern.test(text))
    throw new InvalidArgumentError('expected an address and a port, such as 127.0.0.1:9000.');
  return text;
}
