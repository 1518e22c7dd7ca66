import type { Command, Flag } from '../command/command.ts';
import { helpFlag } from '../command/parse-arguments.ts';

/** What may follow a flag or a command: one of a few words, a file, or anything. */
export type Completed = { readonly words: readonly string[] } | 'file' | 'anything';

/** A command as completion knows it. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** What its first argument may be. */
  readonly argument: Completed;
}

/** What completion offers, read from the declarations of the commands. */
export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  return commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    flags: [...command.flags, helpFlag],
    argument: argumentOf(command, commands),
  }));
}

/** What follows a flag; undefined after a switch. */
export function valueOf({ value, choices }: Flag): Completed | undefined {
  if (value === undefined) return undefined;
  if (choices !== undefined) return { words: choices };
  return value === 'FILE' ? 'file' : 'anything';
}

/** A flag as it is typed, in each of its spellings. */
export function spellingsOf({ name, short }: Flag): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function argumentOf({ positionals: [first], words }: Command, commands: readonly Command[]): Completed {
  if (words !== undefined) return { words };
  const name = first?.replaceAll(/[[\]]/g, '') ?? '';
  if (name === 'FILE') return 'file';
  if (name === 'COMMAND') return { words: commands.map((command) => command.name) };
  return name.includes('|') ? { words: name.split('|') } : 'anything';
}
