import { suggestion } from '@sluice/model';
import { UsageError } from '../command.ts';
import type { Command } from '../command.ts';
import { commandHelp, generalHelp } from '../help-text.ts';

/** `sluice help`: the commands, or one of them. */
export function createHelp(others: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    summary: 'Show this help, or the help of a command',
    positionals: ['[COMMAND]'],
    flags: [],
    run({ positionals: [name] }, context) {
      const commands = [...others, help];
      if (name === undefined) {
        context.stdout.write(generalHelp(commands, context));
        return Promise.resolve(0);
      }
      const command = commands.find((candidate) => candidate.name === name);
      if (command === undefined) {
        const hint = suggestion(
          name,
          commands.map((candidate) => candidate.name),
        );
        return Promise.reject(new UsageError(`sluice has no command "${name}"${hint}`));
      }
      context.stdout.write(commandHelp(command, context));
      return Promise.resolve(0);
    },
  };
  return help;
}
