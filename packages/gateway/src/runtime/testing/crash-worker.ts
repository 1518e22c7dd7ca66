import type { Worker } from 'node:worker_threads';

/** The newest worker threads of this process, by their names. */
const workers = new Map<string | null, Worker>();
process.on('worker', (worker) => workers.set(worker.threadName, worker));

/** Ends a worker of the gateway that was started last in this process, as a crash would. Resolves when it is gone. */
export async function crashWorker(index: number): Promise<void> {
  const worker = workers.get(`data-plane-${index}`);
  if (worker === undefined) throw new Error(`no worker ${index} was started`);
  await worker.terminate();
}
