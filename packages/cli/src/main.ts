import { suggestion } from '@sluice/model';
import { CommandFailure, UsageError } from './command.ts';
import type { Command, Context } from './command.ts';
import { apply } from './commands/apply.ts';
import { approve } from './commands/approve.ts';
import { audit } from './commands/audit.ts';
import { backup } from './commands/backup.ts';
import { check } from './commands/check.ts';
import { confirm } from './commands/confirm.ts';
import { demo } from './commands/demo.ts';
import { deploy } from './commands/deploy.ts';
import { deployments } from './commands/deployments.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { createHelp } from './commands/help.ts';
import { init } from './commands/init.ts';
import { key } from './commands/key.ts';
import { line } from './commands/line.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { nodes } from './commands/nodes.ts';
import { pause } from './commands/pause.ts';
import { promote } from './commands/promote.ts';
import { reject } from './commands/reject.ts';
import { restore } from './commands/restore.ts';
import { resume } from './commands/resume.ts';
import { rollback } from './commands/rollback.ts';
import { schema } from './commands/schema.ts';
import { start } from './commands/start.ts';
import { token } from './commands/token.ts';
import { user } from './commands/user.ts';
import { version } from './commands/version.ts';
import { watch } from './commands/watch.ts';
import { commandHelp, generalHelp } from './help-text.ts';
import { parseArguments } from './parse-arguments.ts';
import { styleFor } from './style.ts';

const commands: readonly Command[] = [
  start,
  check,
  init,
  schema,
  apply,
  diff,
  exportCommand,
  deploy,
  deployments,
  watch,
  promote,
  pause,
  resume,
  approve,
  reject,
  rollback,
  confirm,
  line,
  demo,
  login,
  logout,
  token,
  nodes,
  user,
  key,
  audit,
  backup,
  restore,
  doctor,
  version,
];
const all: readonly Command[] = [...commands, createHelp(commands)];

/** Runs `sluice` with the given arguments; resolves with the exit code. */
export async function main(argv: readonly string[], context: Context = processContext(argv)): Promise<number> {
  try {
    return await dispatch(argv, context);
  } catch (error) {
    // A bug keeps its stack; a wrong call or a refusal of the system (EACCES, ENOENT) is said in one line.
    if (!isExpected(error)) throw error;
    const { red } = styleFor(context.stderr, context.env);
    context.stderr.write(`${red('error')}  ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
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
    if (name === start.name) return;
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
  if (first === undefined) {
    context.stderr.write(generalHelp(all, context));
    return 2;
  }
  if (first === '--help' || first === '-h') return show(generalHelp(all, context), context);
  if (first === '--version' || first === '-v' || first === '-V')
    return version.run({ flags: {}, positionals: [] }, context);
  const command = all.find(({ name }) => name === first);
  if (command === undefined) throw unknownCommand(first);
  const parsed = parseArguments(command, rest);
  if (parsed.flags['help'] === true) return show(commandHelp(command, context), context);
  return command.run(parsed, context);
}

function show(text: string, context: Context): number {
  context.stdout.write(text);
  return 0;
}

function unknownCommand(name: string): UsageError {
  if (name.startsWith('-')) {
    const hint = suggestion(name, ['--help', '--version']);
    return new UsageError(
      `sluice has no flag ${name}${hint === '' ? '; flags follow a command, see sluice --help' : hint}`,
    );
  }
  const hint = suggestion(
    name,
    all.map((command) => command.name),
  );
  return new UsageError(`sluice has no command "${name}"${hint === '' ? '; see sluice --help' : hint}`);
}
