import { parentPort, workerData } from 'node:worker_threads';
import { ConsumerDirectory } from '../consumer-directory.ts';
import type { ConsumerMemory } from '../consumer-memory.ts';
import { keyNumber } from './consumers.ts';

/** Two Int32: how often it has looked, and 1 when it is to stop. */
const { memory, looks } = workerData as { memory: ConsumerMemory; looks: SharedArrayBuffer };
const directory = new ConsumerDirectory(memory);
const words = new Int32Array(looks);
/** Looks for the first 50 consumers until it is told to stop, and answers what was wrong. */
const wrong: string[] = [];
for (let i = 0; wrong.length < 10; i = (i + 1) % 50) {
  const found = directory.find(keyNumber(i));
  if (typeof found === 'string') wrong.push(`${i} is ${found}`);
  else if (found.consumerId !== `partner-${i}` || !isWhole(found)) wrong.push(`${i} is ${JSON.stringify(found)}`);
  if (Atomics.load(words, 1) === 1) break;
  Atomics.add(words, 0, 1);
}
parentPort?.postMessage(wrong);

/** Organization and tier are always changed together. */
function isWhole({ organization, tier }: { organization: string; tier: string }): boolean {
  return organization === tier || organization.startsWith('organization-');
}
