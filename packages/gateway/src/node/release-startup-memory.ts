import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Gives back what starting took: sources, syntax trees and the parsed configuration leave a heap several times as large
 * as what running needs, and V8 shrinks it only under pressure. One full collection, before there is traffic to disturb.
 */
export function releaseStartupMemory(): void {
  // Process-wide, and left on: threads come here at the same time, and only contexts made from now on would see it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext("typeof gc === 'function' ? gc : undefined") as CollectGarbage | undefined;
  collect?.({ type: 'major', flavor: 'last-resort' });
}

type CollectGarbage = (options: { type: 'major'; flavor: 'last-resort' }) => void;
