import type { NodeMemory } from './layout.ts';

/**
 * A clock that all threads of a node agree on: milliseconds since the node's memory was made, never going back.
 * `performance.now()` alone counts from each thread's own start, and `Date.now()` jumps when the system clock is set.
 */
export function createNodeClock(memory: NodeMemory): () => number {
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now() - memory.clockOrigin;
  return () => performance.now() + offset;
}
