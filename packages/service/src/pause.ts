import { setImmediate } from 'node:timers/promises';

/** Returns a promise when the work has held the thread for a while, and undefined otherwise. */
export type Pause = () => Promise<void> | undefined;

/** Far below what a leader's lock, a health probe or a node's request can wait. */
const longestMs = 10;

/** For long work to call between its steps, so that other work of the process gets its turn. */
export function createPause(): Pause {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longestMs) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
