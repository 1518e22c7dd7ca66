import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls `condition` until it gives something truthy, and returns that; fails after `timeout` ms. Most of what is waited for
 * is there in a moment, so the first looks follow each other closely; later ones are `pace` ms apart.
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { timeout = 90_000, detail = () => '', pace = 25 }: { timeout?: number; detail?: () => string; pace?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (let interval = 1; ; interval = Math.min(2 * interval, pace)) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeout} ms. ${detail()}`);
    await pause(interval);
  }
}

/** Fails with `what` when `promise` takes longer than `timeout` ms; `detail` tells what is known by then. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  { timeout = 90_000, detail = () => '' }: { timeout?: number; detail?: () => string } = {},
): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const handle = setTimeout(() => timer.reject(new Error(`${what}: not within ${timeout} ms. ${detail()}`)), timeout);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}
