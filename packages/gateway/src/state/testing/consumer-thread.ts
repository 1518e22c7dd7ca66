import { parentPort, workerData } from 'node:worker_threads';
import { ConsumerDirectory } from '../consumer-directory.ts';
import type { ConsumerMemory } from '../consumer-memory.ts';
import { keyNumber } from './consumers.ts';

/** Looks for the first 50 consumers until it is told to stop by -1, and answers what was wrong. */
const { memory, stop } = workerData as { memory: ConsumerMemory; stop: SharedArrayBuffer };
const directory = new ConsumerDirectory(memory);
const reads = new Int32Array(stop);
const wrong: string[] = [];
for (let i = 0; wrong.length < 10; i = (i + 1) % 50) {
  const found = directory.find(keyNumber(i));
  if (typeof found === 'string') wrong.push(`${i} is ${found}`);
  else if (found.consumerId !== `partner-${i}` || !isWhole(found)) wrong.push(`${i} is ${JSON.stringify(found)}`);
  if (Atomics.load(reads, 0) === -1) break;
  Atomics.add(reads, 0, 1);
}
parentPort?.postMessage(wrong);

/** Organization and tier are always changed together. */
function isWhole({ organization, tier }: { organization: string; tier: string }): boolean {
  return organization === tier || organization.startsWith('organization-');
}
