import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createUuidV7 } from './uuid-v7.ts';

test('holds the time, version and variant of RFC 9562', () => {
  // The example of appendix A.6.
  const next = createUuidV7({ clock: () => 0x017f22e279b0, random: (size) => Buffer.alloc(size, 0xff) });
  expect(next()).toBe('017f22e2-79b0-77ff-bfff-ffffffffffff');
});

test('sorts as it was made, within a millisecond and when the clock goes back', () => {
  let now = 1_700_000_000_000;
  const next = createUuidV7({ clock: () => now, random: randomBytes });
  const ids = Array.from({ length: 10_000 }, (_, index) => {
    if (index === 5000) now -= 60_000;
    return next();
  });
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
