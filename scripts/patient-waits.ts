import { vi } from 'vitest';

/**
 * `vi.waitFor` and `vi.waitUntil` give up after a second unless they are told otherwise, and on a busy machine that would
 * decide tests by time. Half of the time that a test has is longer than any wait that ends well.
 */
const timeout = 30_000;
const { waitFor, waitUntil } = vi;

vi.waitFor = (callback, options) => waitFor(callback, typeof options === 'number' ? options : { timeout, ...options });
vi.waitUntil = (callback, options) =>
  waitUntil(callback, typeof options === 'number' ? options : { timeout, ...options });
