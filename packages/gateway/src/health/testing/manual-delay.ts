import type { Delay } from '../target-check.ts';

/** A clock that stands still until it is moved. */
export interface ManualDelay {
  readonly delay: Delay;
  /** Lets time pass, running what falls due in its order. */
  advance(milliseconds: number): void;
  /** How many calls are waiting. */
  readonly waiting: number;
}

export function createManualDelay(): ManualDelay {
  const calls = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  const nextUntil = (end: number) => [...calls].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  return {
    delay(milliseconds, run) {
      const call = { at: now + milliseconds, run };
      calls.add(call);
      return () => calls.delete(call);
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (let call = nextUntil(end); call !== undefined; call = nextUntil(end)) {
        calls.delete(call);
        now = call.at;
        call.run();
      }
      now = end;
    },
    get waiting() {
      return calls.size;
    },
  };
}
