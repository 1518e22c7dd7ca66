/** A thread of `npm run judging`: simulates its share of the truths, and posts each cell when it is done. */
import { parentPort, workerData } from 'node:worker_threads';
import { cellOf, shareOf } from './cells.ts';
import type { Extent } from './cells.ts';
import { truths } from './truths.ts';

const { worker, workers, extent } = workerData as { worker: number; workers: number; extent: Extent };
for (const index of shareOf(worker, workers)) {
  const truth = truths[index];
  if (truth !== undefined) parentPort?.postMessage({ index, cell: cellOf(truth, extent) });
}
