// portcullis clients: who the clients are, and what belongs to them.

import { Command } from 'commander';
import { addCommand } from './clients-add.ts';
import { disableCommand, enableCommand, removeCommand, updateCommand } from './clients-change.ts';
import { historyCommand, listCommand } from './clients-list.ts';
import { rotationCommand } from './clients-rotation.ts';
import { expiringCommand, seenCommand } from './clients-seen.ts';
import { exportCommand, importCommand } from './clients-transfer.ts';

export function clientsCommand(finish: (exitCode: number) => void): Command {
  const command = new Command('clients')
    .description('The directory of clients: accounts and their certificates.')
    .addHelpText('after', '\nExample:\n  portcullis clients list\n');
  for (const child of [
    listCommand,
    addCommand,
    updateCommand,
    disableCommand,
    enableCommand,
    removeCommand,
    importCommand,
    exportCommand,
    seenCommand,
    expiringCommand,
    rotationCommand,
    historyCommand,
  ])
    command.addCommand(child(finish));
  return command;
}
