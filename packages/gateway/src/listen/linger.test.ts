import { expect, test } from 'vitest';
import { Linger } from './linger.ts';

const bounds = { bytes: 100, silenceMs: 5_000 };

function begun(pending = 0): Linger {
  const linger = new Linger();
  linger.begin(1_000, bounds, 30_000, pending);
  return linger;
}

test('a silent client is waited for once', () => {
  const linger = begun();
  expect(linger.patience(1_000, 0)).toBe(5_000);
  expect(linger.patience(6_000, 0)).toBe(0);
});

test('a client that goes on sending is waited for, within the time for all of it', () => {
  const linger = begun();
  for (let now = 2_000; now <= 28_000; now += 2_000) {
    expect(linger.take(now, 1)).toBe(true);
    expect(linger.patience(now, 0)).toBe(Math.min(5_000, 31_000 - now));
  }
  expect(linger.patience(31_000, 0)).toBe(0);
});

test('more bytes than the bound are too many', () => {
  const linger = begun();
  expect(linger.take(1_000, 100)).toBe(true);
  expect(linger.take(1_000, 1)).toBe(false);
});

test('a client that is still taking its answer gets the time for that, and then the silence', () => {
  const linger = begun(3);
  expect(linger.patience(1_000, 3)).toBe(30_000);
  expect(linger.patience(30_000, 2)).toBe(30_000);
  expect(linger.patience(59_000, 0)).toBe(5_000);
  expect(linger.patience(64_000, 0)).toBe(0);
});

test('sending is no excuse for not taking the answer', () => {
  const linger = begun(3);
  expect(linger.take(30_000, 1)).toBe(true);
  expect(linger.patience(31_000, 3)).toBe(0);
});
