import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../testing/free-port.ts';
import { killProgram, startProgram } from '../../testing/server-program.ts';

/** A real redis-server of a test, on 127.0.0.1. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** The process that runs at the moment. */
  readonly pid: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port; resolves when it answers. What was not saved is lost. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts redis-server on a free port in a temporary folder; resolves when it answers. By default nothing is saved, so
 * a restart loses everything; `settings` are its own, such as `['--appendonly', 'yes']`.
 */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const start = (): Promise<ChildProcess> => startServer(port, ['--dir', folder, ...settings]);
  let server = await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return server.pid ?? 0;
    },
    kill: () => killProgram(server),
    async restart() {
      server = await start();
    },
    async stop() {
      await killProgram(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startServer(port: number, settings: readonly string[]): Promise<ChildProcess> {
  return startProgram({
    name: 'redis-server',
    program: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--daemonize', 'no', ...settings],
    isReady: () => answers(port),
  });
}

/** Whether a server on the port says something to PING: also a server that wants a password does. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}
