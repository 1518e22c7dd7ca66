import { setTimeout as delay } from 'node:timers/promises';

/** Waits for all of this, but no longer than so many milliseconds. Rejects when one of them does. */
export async function waitAtMost(ms: number, work: readonly Promise<void>[]): Promise<void> {
  const late = new AbortController();
  try {
    await Promise.race([Promise.all(work), delay(ms, undefined, { signal: late.signal }).catch(() => {})]);
  } finally {
    late.abort();
  }
}
