import { setTimeout as pause } from 'node:timers/promises';

/** Polls `condition` (every 10 ms) until it gives something truthy, and returns that; fails after `timeout` ms. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { timeout = 30_000, detail = () => '' }: { timeout?: number; detail?: () => string } = {},
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeout} ms. ${detail()}`);
    await pause(10);
  }
}

/** Fails with `what` when `promise` takes longer than `timeout` ms; `detail` tells what is known by then. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  { timeout = 30_000, detail = () => '' }: { timeout?: number; detail?: () => string } = {},
): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const handle = setTimeout(() => timer.reject(new Error(`${what}: not within ${timeout} ms. ${detail()}`)), timeout);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}
