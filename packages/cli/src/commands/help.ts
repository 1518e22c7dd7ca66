import { suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Command, Context, Flag } from '../command/command.ts';
import { helpFlag } from '../command/parse-arguments.ts';
import { version } from '../command/version.ts';
import { alignColumns, styleFor } from '../terminal/style.ts';

/** `sluice help`: the commands, or one of them. */
export function createHelp(others: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    summary: 'Show this help, or the help of a command',
    positionals: ['[COMMAND]'],
    flags: [],
    async run({ positionals: [name] }, context) {
      const commands = [...others, help];
      const text =
        name === undefined ? generalHelp(commands, context) : commandHelp(findCommand(commands, name), context);
      context.stdout.write(text);
      return 0;
    },
  };
  return help;
}

/** The command of a name. Throws a UsageError that suggests what was probably meant. */
export function findCommand(commands: readonly Command[], name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  const names = commands.map((each) => each.name);
  throw new UsageError(`sluice has no command "${name}"${suggestion(name, names) || '; see sluice --help'}`);
}

/** The help of `sluice` itself. */
export function generalHelp(commands: readonly Command[], context: Context): string {
  const { bold } = styleFor(context.stdout, context.env);
  const rows = commands.map((command) => [`  ${command.name}`, command.summary]);
  return [
    `${bold('Sluice')} ${version}, an API gateway that treats every change as a measured release`,
    '',
    `${bold('Usage:')} sluice COMMAND [options]`,
    '',
    bold('Commands:'),
    ...alignColumns(rows, 4),
    '',
    `First steps: ${bold('sluice start --demo')} shows it at work, ${bold('sluice init')} writes a configuration.`,
    'sluice COMMAND --help explains a command.',
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command, context: Context): string {
  const { bold } = styleFor(context.stdout, context.env);
  const usage = ['sluice', command.name, ...command.positionals, '[options]'].join(' ');
  const rows = [...command.flags, helpFlag].map((flag) => [flagText(flag), flag.description]);
  const notes = command.notes === undefined ? [] : ['', ...command.notes];
  return [
    command.summary,
    '',
    `${bold('Usage:')} ${usage}`,
    '',
    bold('Options:'),
    ...alignColumns(rows, 4),
    ...notes,
    '',
  ].join('\n');
}

function flagText({ name, short, value }: Flag): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return `  ${short === undefined ? '    ' : `-${short}, `}${long}`;
}
