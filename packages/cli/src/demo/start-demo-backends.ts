import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { EchoPorts, EchoWorkerData } from './echo-worker.ts';

/** Where the demo backends run. */
export interface DemoBackendOptions {
  readonly host: string;
  /** Ports of `stable`, `candidate` and `bad`; any free ports if absent. */
  readonly ports?: EchoPorts;
  /** Called with one line when the backends stop although nobody closed them. */
  readonly onStop: (line: string) => void;
}

/** Running demo backends. */
export interface DemoBackends {
  readonly stable: { readonly url: string };
  readonly candidate: { readonly url: string };
  /** Fails 8 of 100 requests and is slower. */
  readonly bad: { readonly url: string };
  /** Stops all and cuts their connections. May be called again. */
  close(): Promise<void>;
}

/** Starts the backends of `sluice start --demo` in a thread. Rejects with the error of the system when one cannot listen. */
export async function startDemoBackends({
  host,
  ports = [0, 0, 0],
  onStop,
}: DemoBackendOptions): Promise<DemoBackends> {
  const workerData: EchoWorkerData = { host, ports };
  const worker = new Worker(new URL('./echo-worker.ts', import.meta.url), { workerData });
  const [listening] = (await once(worker, 'message')) as [EchoPorts];
  let closing = false;
  worker.on('error', (error) => onStop(`demo backends failed: ${String(error)}`));
  worker.on('exit', () => closing || onStop('demo backends have stopped'));
  const authority = host.includes(':') ? `[${host}]` : host;
  const [stable, candidate, bad] = listening.map((port) => ({ url: `http://${authority}:${port}` }));
  return {
    stable,
    candidate,
    bad,
    async close() {
      closing = true;
      await worker.terminate();
    },
  };
}
