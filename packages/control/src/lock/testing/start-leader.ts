import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a candidate said. */
export interface Said {
  readonly event: 'ready' | 'leading' | 'lost' | 'guarded' | 'committed' | 'fenced' | 'failed';
  readonly token?: number;
  readonly count?: number;
}

/** A candidate in a process of its own. */
export interface LeaderProcess {
  readonly name: string;
  /** All that it said, in order. */
  readonly said: readonly Said[];
  /** Whether it leads, by what it said. */
  readonly leading: boolean;
  tell(command: 'guard' | 'commit' | 'work' | 'stop' | 'close'): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL, unless it has ended; resolves when it is gone. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL('leader-process.ts', import.meta.url));

/** What a candidate shares with others; `ttlMs` is how long it holds the lock, that of a leader by default. */
export interface LeaderSettings {
  readonly storeUrl: string;
  readonly ttlMs?: number | undefined;
}

/** Starts a candidate; resolves at once. */
export function startLeader(name: string, { storeUrl, ttlMs }: LeaderSettings): LeaderProcess {
  const args = [program, storeUrl, name, ...(ttlMs === undefined ? [] : [String(ttlMs)])];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: Said[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line) as Said));
  // A command to one that was killed is lost, as it should be.
  child.stdin.on('error', () => undefined);
  return {
    name,
    said,
    get leading() {
      return said.findLast(({ event }) => event === 'leading' || event === 'lost')?.event === 'leading';
    },
    tell: (command) => void child.stdin.write(`${command}\n`),
    signal: (signal) => void child.kill(signal),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
