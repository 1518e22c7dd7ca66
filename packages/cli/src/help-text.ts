import type { Command, Context, Flag } from './command.ts';
import { helpFlag } from './parse-arguments.ts';
import { alignColumns, styleFor } from './style.ts';
import { version } from './version.ts';

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
