import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '@sluice/service/testing';
import { startPostgres } from '../../postgres/testing/start-postgres.ts';

/** A real server of a test that speaks MongoDB's wire protocol, on 127.0.0.1. */
export interface TestFerretdb {
  readonly port: number;
  /** Of a database in it; each name is another one. */
  url(database: string): string;
  /** SIGKILL, for it and its PostgreSQL; resolves when they are gone. */
  kill(): Promise<void>;
  /** Starts both again on the same port with the same data; resolves when it listens. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts FerretDB, which `scripts/install-servers.sh` builds, with a PostgreSQL of its own; resolves when it listens. */
export async function startFerretdb(): Promise<TestFerretdb> {
  const postgres = await startPostgres();
  await prepare(postgres.url());
  const port = await freePort();
  const start = (): Promise<ChildProcess> => startServer(port, postgres.url());
  let server = await start();
  return {
    port,
    url: (database) => `mongodb://127.0.0.1:${port}/${database}`,
    async kill() {
      await Promise.all([end(server), postgres.kill()]);
    },
    async restart() {
      await postgres.restart();
      server = await start();
    },
    async stop() {
      await end(server);
      await postgres.stop();
    },
  };
}

// FerretDB makes each document that it updates a transaction of its own. Not to wait for the disk each time makes the suite
// many times as fast; what was acknowledged still survives the end of the processes, though not that of the machine.
async function prepare(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query('ALTER SYSTEM SET fsync = off');
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

function program(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = process.env['SLUICE_SERVERS_DIR'] ?? join(cache, 'sluice', 'servers');
  const path = join(folder, 'ferretdb-v1.24.2', 'ferretdb');
  if (!existsSync(path)) throw new Error(`there is no FerretDB at ${path}: run scripts/install-servers.sh`);
  return path;
}

async function startServer(port: number, postgres: string): Promise<ChildProcess> {
  const server = spawn(program(), [`127.0.0.1:${port}`, postgres], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  server.stderr.on('data', (chunk: Buffer) => (output = `${output}${String(chunk)}`.slice(-10_000)));
  while (!(await listens(port))) {
    if (server.exitCode !== null) throw new Error(`FerretDB ended with ${server.exitCode}: ${output}`);
    await pause(10);
  }
  return server;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}
