import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { root } from './packages.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** A folder whose programs come first, such as that of another Node. */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Said {
  readonly code: number;
  /** What it wrote to stdout, and then to stderr. */
  readonly output: string;
  readonly stdout: string;
}

/** The environment without what npm, Sluice and Node left in this process, as in a new terminal. */
export function freshEnvironment({ path, env = {} }: CommandOptions = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SLUICE|NODE_(OPTIONS|COMPILE_CACHE|ENV)|npm_(?!config_))/.test(name),
  );
  const { PATH = '', ...rest } = Object.fromEntries(kept) as Record<string, string>;
  return { ...rest, ...env, PATH: path === undefined ? PATH : `${path}${delimiter}${PATH}` };
}

/** Runs a command to its end; its failure is a result. */
export function tryCommand(command: string, args: readonly string[], options: CommandOptions = {}): Said {
  const settings = {
    cwd: options.cwd ?? root,
    env: freshEnvironment(options),
    encoding: 'utf8',
    maxBuffer: 1e8,
  } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, settings);
  if (error) throw new Error(`${command} cannot be started`, { cause: error });
  return { code: status ?? -1, stdout, output: `${stdout}${stderr}` };
}

/** Runs a command that must succeed, and returns all that it wrote. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Said {
  const said = tryCommand(command, args, options);
  if (said.code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${said.code}:\n${said.output}`);
  return said;
}
