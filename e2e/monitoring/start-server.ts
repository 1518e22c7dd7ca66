import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MonitoringFile } from '@sluice/deploy';
import { freePort, until } from '../kit/index.ts';

/** A real server of a test, on 127.0.0.1. */
export interface MonitoringServer {
  readonly url: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a server in a folder with these files; resolves when it is ready. */
export async function startServer(
  program: 'prometheus' | 'prometheus-alertmanager',
  files: readonly MonitoringFile[],
  argsFor: (folder: string) => readonly string[],
): Promise<MonitoringServer> {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [...argsFor(folder), `--web.listen-address=127.0.0.1:${port}`];
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  // A test that breaks off leaves none behind.
  const killed = (): void => void server.kill('SIGKILL');
  process.once('exit', killed);
  const ended = once(server, 'exit');
  let output = '';
  server.stderr.on('data', (chunk: Buffer) => (output += String(chunk)));
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    process.off('exit', killed);
    rmSync(folder, { recursive: true, force: true });
  };
  const isReady = async (): Promise<boolean> => {
    if (server.exitCode !== null) throw new Error(`${program} ended with ${server.exitCode}: ${output}`);
    return fetch(`${url}/-/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  try {
    await until(`${program} to be ready`, isReady, { detail: () => output });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
