import { expect, test } from 'vitest';
import { RequestRate } from './request-rate.ts';

function setUp() {
  let [now, total] = [1000, 500];
  const rate = new RequestRate(
    () => total,
    () => now,
  );
  return {
    rate,
    second(requests: number, ms = 1000): void {
      now += ms;
      total += requests;
      rate.tick();
    },
  };
}

test('is the average since the start while that is less than 30 s', () => {
  const { rate, second } = setUp();
  expect(rate.perSecond).toBe(0);
  second(100);
  expect(rate.perSecond).toBe(100);
  second(0);
  expect(rate.perSecond).toBe(50);
});

test('then is the average over 30 s, whoever reads it', () => {
  const { rate, second } = setUp();
  for (let i = 0; i < 100; i++) second(1000);
  for (let i = 0; i < 15; i++) second(200);
  expect([rate.perSecond, rate.perSecond]).toEqual([600, 600]);
  for (let i = 0; i < 15; i++) second(200);
  expect(rate.perSecond).toBe(200);
});

test('divides by the time that has really passed', () => {
  const { rate, second } = setUp();
  second(100, 4000);
  expect(rate.perSecond).toBe(25);
});
