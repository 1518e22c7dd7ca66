import type { Context } from '../command/command.ts';
import { main } from '../main.ts';

/** What a command did. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, in a folder, with nothing but the given environment. */
export async function runCommand(
  cwd: string,
  args: readonly string[],
  env: Context['env'] = {},
): Promise<CommandOutcome> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const context: Context = {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    // Sessions of whoever runs the tests stay out of it.
    env: { HOME: cwd, ...env },
    cwd,
  };
  const code = await main(args, context);
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}
