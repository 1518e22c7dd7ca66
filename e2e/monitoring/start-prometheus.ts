import { join } from 'node:path';
import type { MonitoringFile } from '@sluice/deploy';
import { startServer } from './start-server.ts';
import type { MonitoringServer } from './start-server.ts';

/** A real Prometheus of a test. */
export interface MonitoringPrometheus extends MonitoringServer {
  /** Asks its HTTP API; rejects with its own words when it refuses. */
  ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T>;
}

/** Starts Prometheus on the files of `sluice monitoring`, which scrapes every second; resolves when it is ready. */
export async function startPrometheus(files: readonly MonitoringFile[]): Promise<MonitoringPrometheus> {
  const { url, stop } = await startServer('prometheus', files.map(faster), (folder) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--enable-feature=exemplar-storage',
  ]);
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

/** As the files have it, scrapes and rules come every 15 or 30 seconds. A scrape may take as long as its interval. */
function faster({ path, content }: MonitoringFile): MonitoringFile {
  return { path, content: content.replaceAll(/interval: (?:15|30)s$/gm, 'interval: 1s') };
}
