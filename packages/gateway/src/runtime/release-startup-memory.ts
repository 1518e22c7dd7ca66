import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Lets threads call `releaseStartupMemory`. V8's flags belong to the whole process and are not made for threads that
 * change them at the same time: the main thread calls this before it starts any.
 */
export function allowReleasingMemory(): void {
  setFlagsFromString('--expose-gc');
}

/**
 * Gives back what starting took: sources, syntax trees and the parsed configuration leave a heap several times as large
 * as what running needs, and V8 shrinks it only under pressure. One full collection, before there is traffic to disturb.
 */
export function releaseStartupMemory(): void {
  const collect = runInNewContext("typeof gc === 'function' ? gc : undefined") as CollectGarbage | undefined;
  collect?.({ type: 'major', flavor: 'last-resort' });
}

type CollectGarbage = (options: { type: 'major'; flavor: 'last-resort' }) => void;
