import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, killProgram, startProgram } from '@sluice/service/testing';

/** A real Prometheus of a test on 127.0.0.1, which reads what the test exposes. */
export interface TestPrometheus {
  readonly url: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Starts Prometheus in a temporary folder; it scrapes `metrics` as Prometheus text. Resolves when it has scraped once. */
export async function startPrometheus(metrics: string): Promise<TestPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const target = createServer((_request, response) => response.end(metrics)).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const { port: targetPort } = target.address() as AddressInfo;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs: [{ job_name: test, static_configs: [{ targets: ['127.0.0.1:${targetPort}'] }] }]
`,
  );
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`];
  const server = await startProgram({
    name: 'prometheus',
    program: 'prometheus',
    args,
    isReady: () => hasScraped(url),
  });
  return {
    url,
    async stop() {
      await killProgram(server);
      target.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function hasScraped(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/v1/query?query=up`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1] === '1';
  } catch {
    // Not listening yet.
    return false;
  }
}
