// All commands, and what their exit codes mean: 0 done or allowed, 1 refused or invalid, 2 usage.

import { Command, CommanderError } from 'commander';
import { version } from '../app/version.ts';
import { StartFault } from '../model/fault.ts';
import { adminCommand } from './commands/admin.ts';
import { blockCommand, blocksCommand, unblockCommand } from './commands/block.ts';
import { checkCommand } from './commands/check.ts';
import { clientsCommand } from './commands/clients.ts';
import { crlCommand } from './commands/crl.ts';
import { echoCommand } from './commands/echo.ts';
import { explainCommand } from './commands/explain.ts';
import { mapCommand } from './commands/map.ts';
import { pkiCommand } from './commands/pki.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';

const EXAMPLE = `
Example:
  portcullis run --demo
`;

/** Runs one command line; gives the exit code. `run` comes back when the gateway has stopped. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = createProgram(finish);
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof StartFault) {
      process.stderr.write(`portcullis: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

/** The commands, for the command line and for the tests of their help. */
export function createProgram(finish: (exitCode: number) => void): Command {
  const program = new Command('portcullis')
    .description('mTLS gateway: Require / Accept / Ignore client certificates per host and path.')
    .version(version)
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLE);
  for (const command of [
    runCommand,
    checkCommand,
    statusCommand,
    explainCommand,
    clientsCommand,
    blockCommand,
    unblockCommand,
    blocksCommand,
    mapCommand,
    reportCommand,
    crlCommand,
    adminCommand,
    pkiCommand,
    echoCommand,
  ])
    program.addCommand(command(finish));
  overrideExits(program);
  return program;
}

/** A wrong command line is a CommanderError for us to catch, at every level. */
function overrideExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExits(child);
}
