import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '@sluice/service/testing';

const run = promisify(execFile);

/** A real PostgreSQL of a test, on 127.0.0.1; its user is `postgres` and needs no password. */
export interface TestPostgres {
  readonly port: number;
  /** Of a schema in its one database, which the store makes; each name is another one. */
  url(schema?: string): string;
  /** SIGKILL for the whole server, as when the machine dies; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT for the whole server: it is there, but does not answer. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

interface Installation {
  readonly bin: string;
  /** Whose processes they are: root may not run PostgreSQL. */
  readonly owner: { readonly uid?: number; readonly gid?: number };
}

/**
 * Starts the newest PostgreSQL under /usr/lib/postgresql on a free port with a cluster of its own in a temporary folder;
 * resolves when it answers. Its text sorts as people sort, which differs from how the store has to.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const installation = await findInstallation();
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  const { uid, gid } = installation.owner;
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  await makeCluster(installation, folder);
  const port = await freePort();
  const start = () => startServer(installation, folder, port);
  let server = await start();
  return {
    port,
    url: (schema) => `postgres://postgres@127.0.0.1:${port}/postgres${schema === undefined ? '' : `?schema=${schema}`}`,
    kill: () => killAll(server),
    async pause() {
      await signalAll(server, 'SIGSTOP');
    },
    async resume() {
      await signalAll(server, 'SIGCONT');
    },
    async restart() {
      server = await start();
    },
    async stop() {
      await killAll(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function findInstallation(): Promise<Installation> {
  const found = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const bin = found.at(-1);
  if (bin === undefined) throw new Error('there is no PostgreSQL: run scripts/install-servers.sh');
  if (process.getuid?.() !== 0) return { bin, owner: {} };
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('there is no user postgres, and root may not run it');
  return { bin, owner: { uid: Number(uid), gid: Number(gid) } };
}

async function makeCluster({ bin, owner }: Installation, folder: string): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en'];
  const args = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '--no-sync', ...locale];
  await run(join(bin, 'initdb'), args, { cwd: folder, ...owner });
}

async function startServer({ bin, owner }: Installation, folder: string, port: number): Promise<ChildProcess> {
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: folder, max_connections: '100' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', join(folder, 'data'), '-p', String(port), ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...owner,
  });
  // A test that breaks off leaves none behind.
  const killed = (): void => void server.kill('SIGQUIT');
  process.once('exit', killed);
  server.once('exit', () => process.off('exit', killed));
  let output = '';
  server.stderr.on('data', (chunk: Buffer) => (output = `${output}${String(chunk)}`.slice(-10_000)));
  while (!(await answers(bin, port))) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}: ${output}`);
    await pause(20);
  }
  return server;
}

async function answers(bin: string, port: number): Promise<boolean> {
  try {
    await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres']);
    return true;
  } catch {
    return false;
  }
}

/** Each process of the server, which are the children of the first one. */
async function processesOf(server: ChildProcess): Promise<readonly number[]> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return [];
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  return [server.pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
}

async function signalAll(server: ChildProcess, signal: NodeJS.Signals): Promise<readonly number[]> {
  const processes = await processesOf(server);
  for (const pid of processes) signalOne(pid, signal);
  return processes;
}

/** False when there is no such process any more. */
function signalOne(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function killAll(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  const processes = await signalAll(server, 'SIGKILL');
  await exit;
  // A new server refuses to start as long as one of the old one's processes holds the shared memory.
  while (processes.some((pid) => signalOne(pid, 0))) await pause(10);
}
