import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { until, within } from './until.ts';

/** Where and how the command runs. */
export interface SpawnOptions {
  /** Added to the environment, which has no settings of Sluice, Node or the test runner. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder where it may leave things. */
  readonly cwd?: string;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
}

/** How a command ended, and what it said. */
export interface Outcome {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

const command = fileURLToPath(new URL('../../packages/sluice/bin/sluice.js', import.meta.url));
const inherited = Object.entries(process.env).filter(
  ([name]) => !/^(SLUICE|VITEST|NODE_|FORCE_|XDG_|npm_|PORT$|HOST$)/.test(name),
);

// None outlives the tests, also when those are ended from outside.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
process.once('SIGTERM', () => process.exit(143));

/** The `sluice` command in a process of its own. What is waited for fails with the output of the process. */
export class SluiceProcess {
  /** The exit code, or the signal that ended it. The output is whole by then. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #stdout = '';
  #stderr = '';
  #output = '';
  #hasExited = false;

  constructor(args: readonly string[], { env, cwd = tmpdir(), node = process.execPath }: SpawnOptions) {
    this.#child = spawn(node, [command, ...args], {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#output += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#output += text;
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        running.delete(this.#child);
        this.#hasExited = true;
        resolve(code ?? signal ?? -1);
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything written to stdout and stderr so far. */
  get output(): string {
    return this.#output;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Closes the reading ends of stdout and stderr. */
  stopReading(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  /** Waits until it has written `text`, and returns all that it has written. */
  async written(text: string): Promise<string> {
    await until(`"${text}" in the output`, () => this.#isThere(this.#output.includes(text)), this.#limit(90_000));
    return this.#output;
  }

  /** Waits until `/ready` on this port is 200; kills the process when that fails. */
  async ready(managementPort: number): Promise<void> {
    const url = `http://127.0.0.1:${managementPort}/ready`;
    let looks = 0;
    const isReady = async (): Promise<boolean> => {
      looks += 1;
      // A refused request costs far more than a look at the output, which says when the start is over. In case it does not, one
      // look in 25 sends a request all the same.
      if (!this.#output.includes('running') && looks % 25 !== 0) return this.#isThere(false);
      return fetch(url).then(
        ({ status }) => this.#isThere(status === 200),
        () => this.#isThere(false),
      );
    };
    try {
      await until('the process to be ready', isReady, this.#limit(90_000));
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Waits for the end of the process. */
  exit(timeout = 90_000): Promise<number | NodeJS.Signals> {
    return within('the process to end', this.exited, this.#limit(timeout));
  }

  /** Sends SIGTERM and waits for the end; kills (and fails) what does not end. May be called again. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGTERM');
    try {
      return await this.exit(35_000);
    } finally {
      this.signal('SIGKILL');
    }
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Fails when the process has ended without what is waited for. */
  #isThere(isThere: boolean): boolean {
    if (!isThere && this.#hasExited) throw new Error(`the process has ended. ${this.#detail()}`);
    return isThere;
  }

  #limit(timeout: number): { readonly timeout: number; readonly detail: () => string } {
    return { timeout, detail: () => this.#detail() };
  }

  #detail(): string {
    return `Output: ${this.#output.slice(-4000)}`;
  }
}

/** Starts the command with these arguments. */
export function spawnSluice(args: readonly string[], options: SpawnOptions = {}): SluiceProcess {
  return new SluiceProcess(args, options);
}

/** Runs the command to its end. */
export async function runSluice(args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  const process = spawnSluice(args, options);
  const code = await process.exited;
  return { code, stdout: process.stdout, stderr: process.stderr };
}
