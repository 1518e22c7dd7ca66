import type { Flag } from '../command/command.ts';
import { valueOf } from './completed-command.ts';
import type { Completed, CompletedCommand } from './completed-command.ts';

/** A completion script for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return [
    '# fish completion for sluice: sluice completion fish | source',
    'complete -c sluice -f',
    'complete -c sluice -n __fish_use_subcommand -l help -s h -d "Show the help"',
    'complete -c sluice -n __fish_use_subcommand -l version -s v -d "Show the version"',
    ...commands.map(
      ({ name, summary }) => `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(commandLines),
    '',
  ].join('\n');
}

function commandLines({ name, flags, argument }: CompletedCommand): string[] {
  const start = `complete -c sluice -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  const first = argument === 'anything' ? [] : [`${start} ${argument === 'file' ? '-F' : offered(argument)}`];
  return [...first, ...flags.map((flag) => `${start} ${flagOptions(flag)}`)];
}

function flagOptions(flag: Flag): string {
  const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
  const value = valueOf(flag);
  const follows = value === undefined ? '' : ` ${value === 'file' ? '-r -F' : `-x ${offered(value)}`.trim()}`;
  return `-l ${flag.name}${short}${follows} -d ${quoted(flag.description)}`;
}

function offered(completed: Completed): string {
  return typeof completed === 'string' ? '' : `-a ${quoted(completed.words.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
