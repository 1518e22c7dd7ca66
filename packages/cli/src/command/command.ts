import type { Readable } from 'node:stream';

/** A flag of a command. `value` names what follows it; without one the flag is a switch. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly value?: string;
  /** What the value may be, for completion; left out when it may be anything. */
  readonly choices?: readonly string[];
  /** It may be given several times; its values are in `lists`. */
  readonly repeats?: true;
  readonly description: string;
}

/** What a command was called with. */
export interface Arguments {
  /** The values of flags, by name. */
  readonly options: Readonly<Record<string, string | undefined>>;
  /** All values of the flags that repeat, by name. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  /** The names of the flags without a value that were given. */
  readonly switches: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** A call without flags and arguments. */
export const noArguments: Arguments = { options: {}, switches: new Set(), positionals: [] };

/** The world around a command; replaced in tests. */
export interface Context {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where answers come from. Without it nothing is asked. */
  readonly stdin?: Input | undefined;
}

/** A stream that text is read from. */
export interface Input extends Readable {
  readonly isTTY?: boolean | undefined;
}

/** A stream that text is written to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** One command of `sluice`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Names of the arguments, in order, as help shows them; in brackets when they may be left out. */
  readonly positionals: readonly string[];
  /** What the first argument may be, for completion; left out when the name of the argument says it, or when it may be anything. */
  readonly words?: readonly string[];
  readonly flags: readonly Flag[];
  /** Lines below the flags in help. */
  readonly notes?: readonly string[];
  /** The exit code: 0 done, 1 failed, 2 called the wrong way. */
  run(args: Arguments, context: Context): Promise<number>;
}

/** The command was called the wrong way: shown without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was called correctly but failed: shown without a stack. The message says what to do. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
