import { spawnSync } from 'node:child_process';
import { arch, cpus, release, totalmem } from 'node:os';

/** What has to be known to read a result later. */
export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly nginx: string;
  readonly haproxy: string;
  readonly wrk: string;
}

/** Gathers the facts; throws when a server that the benchmark needs is not installed. */
export function machineFacts(): Machine {
  const dirty = run('git', ['status', '--porcelain', '--untracked-files=no']) === '' ? '' : ' with changes';
  return {
    date: new Date().toISOString(),
    commit: run('git', ['rev-parse', '--short', 'HEAD']) + dirty,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: `${release()} ${arch()}`,
    node: process.version,
    nginx: versionOf('nginx', ['-v']),
    haproxy: versionOf('haproxy', ['-v']),
    wrk: versionOf('wrk', ['-v']),
  };
}

function versionOf(command: string, args: readonly string[]): string {
  return /(\d+\.\d+[\w.]*)/.exec(run(command, args))?.[1] ?? 'unknown';
}

function run(command: string, args: readonly string[]): string {
  // Some print their version to stderr, and wrk ends with 1 after it.
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: import.meta.dirname });
  if (error)
    throw new Error(`${command} is needed and could not be run: scripts/install-servers.sh installs it`, {
      cause: error,
    });
  return `${stdout}${stderr}`.trim();
}
