import { expect, test } from 'vitest';
import { RecentRates } from './recent-rates.ts';

const all = (): boolean => true;

test('a steady rate is found, and fades when nothing comes any more', () => {
  const rates = new RecentRates();
  for (let at = 0; at <= 100_000; at += 2_000) rates.add('a', { requests: 200, failures: 20 }, at);
  const { requests, failures } = rates.of('a', 101_000);
  // Between two reports, the average is within a tenth of the 100 per second.
  expect(requests).toBeGreaterThan(90);
  expect(requests).toBeLessThan(110);
  expect(failures).toBeCloseTo(requests / 10, 1);
  expect(rates.of('a', 300_000)).toEqual({ requests: 0, failures: 0 });
});

test('the busiest now come first, whatever was counted long ago', () => {
  const rates = new RecentRates();
  rates.add('old', { requests: 1_000_000, failures: 0 }, 0);
  rates.add('a', { requests: 10, failures: 0 }, 600_000);
  rates.add('b', { requests: 20, failures: 0 }, 600_000);
  rates.add('gone', { requests: 30, failures: 0 }, 600_000);
  expect(rates.busiest(10, 600_000, (id) => id !== 'gone')).toEqual(['b', 'a']);
  expect(rates.busiest(1, 600_000, all)).toEqual(['gone']);
});
