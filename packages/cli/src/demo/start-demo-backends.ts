import { Worker } from 'node:worker_threads';
import type { EchoPorts, EchoWorkerData, EchoWorkerReport } from './echo-worker.ts';

/** Where the demo backends shall run. */
export interface DemoBackendOptions {
  readonly host: string;
  /** Ports of `stable`, `candidate` and `bad`; without them any free ports are taken. */
  readonly ports?: EchoPorts;
  /** Told, in one line, when the backends stop although nobody closed them. */
  readonly log: (line: string) => void;
}

/** Running demo backends. */
export interface DemoBackends {
  readonly stable: { readonly url: string };
  readonly candidate: { readonly url: string };
  /** Fails 8 of 100 requests and is slower. */
  readonly bad: { readonly url: string };
  /** Stops all and cuts their connections; may be called twice. */
  close(): Promise<void>;
}

/** A demo backend could not listen; `code` is the system's (`EADDRINUSE`, `EACCES`), `port` the one asked for. */
export class DemoBackendsError extends Error {
  readonly code: string;
  readonly port: number;

  constructor(code: string, port: number, message: string) {
    super(message);
    this.name = 'DemoBackendsError';
    this.code = code;
    this.port = port;
  }
}

/** Starts the backends of `sluice start --demo` in a worker thread of their own; fails with `DemoBackendsError`. */
export async function startDemoBackends({ host, ports = [0, 0, 0], log }: DemoBackendOptions): Promise<DemoBackends> {
  const workerData: EchoWorkerData = { host, ports };
  const worker = new Worker(new URL('./echo-worker.ts', import.meta.url), { workerData });
  const report = await firstReport(worker);
  if (!report.ok) {
    await worker.terminate();
    throw new DemoBackendsError(report.code, report.port, report.message);
  }
  let closing = false;
  worker.on('error', (error) => log(`demo backends failed: ${String(error)}`));
  worker.on('exit', () => closing || log('demo backends have stopped'));
  const authority = host.includes(':') ? `[${host}]` : host;
  return {
    stable: { url: `http://${authority}:${report.ports[0]}` },
    candidate: { url: `http://${authority}:${report.ports[1]}` },
    bad: { url: `http://${authority}:${report.ports[2]}` },
    close: async () => {
      closing = true;
      await worker.terminate();
    },
  };
}

function firstReport(worker: Worker): Promise<EchoWorkerReport> {
  return new Promise((resolve, reject) => {
    worker.once('message', (report: EchoWorkerReport) => {
      worker.off('error', reject);
      resolve(report);
    });
    worker.once('error', reject);
  });
}
