import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A server that a test runs. */
export interface ServerProgram {
  /** As messages name it. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly isReady: () => Promise<boolean>;
}

/** Starts a server; resolves when it is ready. */
export async function startProgram({ name, program, args, isReady }: ServerProgram): Promise<ChildProcess> {
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // A test that breaks off leaves none behind.
  const killed = (): void => void server.kill('SIGKILL');
  process.once('exit', killed);
  server.once('exit', () => process.off('exit', killed));
  let output = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk: Buffer) => (output = `${output}${String(chunk)}`.slice(-10_000)));
  while (!(await isReady())) {
    if (hasEnded(server)) throw new Error(`${name} ended with ${server.exitCode ?? server.signalCode}: ${output}`);
    await pause(10);
  }
  return server;
}

/** SIGKILL; resolves when it is gone. May be called again. */
export async function killProgram(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}

/** Whether something takes connections on a port of 127.0.0.1. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });
}

/** Where `scripts/install-servers.sh` has built a program. Throws when it has not. */
export function builtProgram(name: string, path: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = process.env['SLUICE_SERVERS_DIR'] ?? join(cache, 'sluice', 'servers');
  const program = join(folder, path);
  if (!existsSync(program)) throw new Error(`there is no ${name} at ${program}: run scripts/install-servers.sh`);
  return program;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
