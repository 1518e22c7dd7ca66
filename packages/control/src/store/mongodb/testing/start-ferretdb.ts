import type { ChildProcess } from 'node:child_process';
import { Client } from 'pg';
import { builtProgram, freePort, killProgram, listens, startProgram } from '@sluice/service/testing';
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
      await Promise.all([killProgram(server), postgres.kill()]);
    },
    async restart() {
      await postgres.restart();
      server = await start();
    },
    async stop() {
      await killProgram(server);
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

function startServer(port: number, postgres: string): Promise<ChildProcess> {
  return startProgram({
    name: 'FerretDB',
    program: builtProgram('FerretDB', 'ferretdb-v1.24.2/ferretdb'),
    args: [`127.0.0.1:${port}`, postgres],
    isReady: () => listens(port),
  });
}
