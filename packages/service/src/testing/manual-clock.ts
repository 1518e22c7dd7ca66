import type { Clock } from '../clock.ts';

/** A clock that stands still until it is moved; for tests. */
export interface ManualClock extends Clock {
  /** Moves on, calling back what falls due, in order, and letting promises settle in between. */
  advance(ms: number): Promise<void>;
}

/**
 * Work that has held the thread for long gives up its turn (`createPause`), which on a busy machine may happen at every step.
 * So many turns are more than the steps that tests wait for.
 */
const turns = 20;

/** Makes a clock that shows 2026-01-01 and stands still. */
export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let time = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => start + time,
    monotonic: () => time,
    after(ms, callback) {
      const timer = { at: time + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        time = Math.max(time, next.at);
        next.callback();
        await settle();
      }
      time = end;
      await settle();
    },
  };
}
