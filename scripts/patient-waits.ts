import { vi } from 'vitest';

/**
 * `vi.waitFor` and `vi.waitUntil` give up after a second unless they are told otherwise, and on a busy machine that would
 * decide tests by time. Half of the time that a test has is longer than any wait that ends well. They look every 50 ms,
 * which is longer than most things take.
 */
const defaults = { timeout: 90_000, interval: 5 };
const { waitFor, waitUntil } = vi;
const isPatient = Symbol.for('sluice.patient');

// Files that share a process share `vi`, and each of them comes by here.
if (!(isPatient in vi)) {
  Object.assign(vi, { [isPatient]: true });
  vi.waitFor = (callback, options) =>
    waitFor(callback, typeof options === 'number' ? options : { ...defaults, ...options });
  vi.waitUntil = (callback, options) =>
    waitUntil(callback, typeof options === 'number' ? options : { ...defaults, ...options });
}
