/**
 * A thread of `npm run judging`: simulates every n-th truth, so that all threads have about the same to do, and posts each cell
 * when it is done.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { cellOf, truthsOf } from './cells.ts';
import type { Extent } from './cells.ts';

const { worker, workers, extent } = workerData as { worker: number; workers: number; extent: Extent };
for (const [index, truth] of truthsOf(extent.only).entries()) {
  if (index % workers === worker) parentPort?.postMessage({ index, cell: cellOf(truth, extent) });
}
