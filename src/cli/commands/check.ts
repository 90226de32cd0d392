// portcullis check: would this configuration start?

import { Command } from 'commander';
import { formatProblems } from '../../config/format-problems.ts';
import { configOption, loadFile } from '../config-file.ts';

const EXAMPLE = `
Every problem is shown at once, with its place and what to do about it.

Example:
  portcullis check -c config/portcullis.yaml
`;

export function checkCommand(finish: (exitCode: number) => void): Command {
  return new Command('check')
    .description('Check a configuration and every file it names.')
    .addOption(configOption())
    .option('--json', 'write the problems as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: { config: string; json?: boolean }) => {
      const result = await loadFile(options.config);
      const problems = result.ok ? result.warnings : result.problems;
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ valid: result.ok, problems }, null, 2)}\n`);
      } else {
        if (problems.length > 0) process.stdout.write(`${formatProblems(problems)}\n`);
        process.stdout.write(`${options.config}: ${result.ok ? 'valid' : 'not valid'}\n`);
      }
      finish(result.ok ? 0 : 1);
    });
}
