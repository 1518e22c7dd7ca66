import { setImmediate } from 'node:timers/promises';

/** Waits for its turn anew when the work has held the thread for a while; otherwise there is nothing to wait for. */
export type Pause = () => Promise<void> | undefined;

/** Far below what renewing the leader's lock, a probe of health or a node's question can wait. */
const longestMs = 10;

/** Makes what long work calls between its steps, so that everything else in the process goes on beside it. */
export function createPause(): Pause {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longestMs) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
