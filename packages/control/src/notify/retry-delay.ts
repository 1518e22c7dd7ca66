const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** From one try to the next: short at first, for a receiver that restarts; then long, for one that is down. */
const delays = [5 * second, 30 * second, 2 * minute, 10 * minute, hour, 3 * hour, 6 * hour, 12 * hour];

const jitter = 0.2;

/** How long all tries take at most, in milliseconds: a bit more than a day. */
export const longestRetryMs = Math.ceil((1 + jitter) * delays.reduce((sum, delay) => sum + delay, 0));

/**
 * How long to wait after this many failures, in milliseconds; undefined when it is time to give up. Up to a fifth is
 * random, so that a receiver that comes back does not get everything at once.
 */
export function retryDelay(failures: number, random: () => number): number | undefined {
  const delay = delays[failures - 1];
  return delay === undefined ? undefined : Math.round(delay * (1 + jitter * random()));
}
