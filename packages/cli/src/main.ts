import { suggestion } from '@sluice/model';
import { CommandFailure, UsageError, noArguments } from './command/command.ts';
import type { Command, Context } from './command/command.ts';
import { commandHelp, findCommand, generalHelp } from './commands/help.ts';
import { start } from './commands/start.ts';
import { parseArguments } from './command/parse-arguments.ts';
import { printError } from './terminal/print.ts';

/** Runs `sluice` with the given arguments; resolves with the exit code. */
export async function main(argv: readonly string[], context: Context = processContext(argv)): Promise<number> {
  try {
    return await dispatch(argv, context);
  } catch (error) {
    // A bug keeps its stack; a wrong call or a refusal of the system (EACCES, ENOENT) is said in one line.
    if (!isExpected(error)) throw error;
    printError(error.message, { json: asksForJson(argv) }, context);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: Error): number {
  if (error instanceof UsageError) return 2;
  return error instanceof CommandFailure ? error.exitCode : 1;
}

/** Asked of the arguments as they are: those that cannot be read are an error, too. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

function isExpected(error: unknown): error is Error {
  return error instanceof UsageError || error instanceof CommandFailure || isSystemError(error);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function processContext([name]: readonly string[]): Context {
  // A reader that went away (`sluice schema | head`) is no failure of ours, and a gateway serves on without one.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (name === 'start') return;
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  // There is nobody left to tell. The log counts the lines that it loses.
  process.stderr.on('error', () => {});
  const { stdout, stderr, env } = process;
  return {
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    // Opened only by a command that asks something.
    get stdin() {
      return process.stdin;
    },
  };
}

async function dispatch(argv: readonly string[], context: Context): Promise<number> {
  const [first, ...rest] = argv;
  const commands = await commandsFor(first);
  if (first === undefined) {
    context.stderr.write(generalHelp(commands, context));
    return 2;
  }
  if (first === '--help' || first === '-h') return show(generalHelp(commands, context), context);
  if (first === '--version' || first === '-v' || first === '-V')
    return findCommand(commands, 'version').run(noArguments, context);
  if (first.startsWith('-')) throw unknownFlag(first);
  const command = findCommand(commands, first);
  const parsed = parseArguments(command, rest);
  if (parsed.switches.has('help')) return show(commandHelp(command, context), context);
  return command.run(parsed, context);
}

/** perf: a gateway keeps the code of its own command alone, which saves 4 MB at rest: `npm run bench -- --probes memory`. */
async function commandsFor(name: string | undefined): Promise<readonly Command[]> {
  return name === start.name ? [start] : (await import('./commands/index.ts')).commands;
}

function show(text: string, context: Context): number {
  context.stdout.write(text);
  return 0;
}

function unknownFlag(name: string): UsageError {
  const hint = suggestion(name, ['--help', '--version']) || '; flags follow a command, see sluice --help';
  return new UsageError(`sluice has no flag ${name}${hint}`);
}
