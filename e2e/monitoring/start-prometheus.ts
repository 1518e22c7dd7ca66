import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MonitoringFile } from '@sluice/deploy';
import { freePort, until } from '../kit/index.ts';

/** A real Prometheus of a test, on 127.0.0.1. */
export interface MonitoringPrometheus {
  readonly url: string;
  /** Asks its HTTP API; rejects with its own words when it refuses. */
  ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Starts Prometheus on the files of `sluice monitoring`, which scrapes twice a second; resolves when it is ready. */
export async function startPrometheus(files: readonly MonitoringFile[]): Promise<MonitoringPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), faster(content));
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
  ];
  const server = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
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
    if (server.exitCode !== null) throw new Error(`prometheus ended with ${server.exitCode}: ${output}`);
    return fetch(`${url}/-/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  try {
    await until('Prometheus to be ready', isReady, { detail: () => output });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    async ask<T>(path: string, parameters: Readonly<Record<string, string>>) {
      const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
      const body = (await answer.json()) as { status: string; error?: string; data: T };
      if (body.status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${body.error ?? ''}`);
      return body.data;
    },
    stop,
  };
}

/** As the files have it, scrapes and rules come every 15 or 30 seconds. */
function faster(content: string): string {
  return content.replaceAll(/interval: (?:15|30)s$/gm, 'interval: 500ms');
}
