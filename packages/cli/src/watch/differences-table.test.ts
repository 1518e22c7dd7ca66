import { expect, test } from 'vitest';
import { differencesTable } from './differences-table.ts';

test('each measure with its bounds, and how certain the difference is', () => {
  const differences: Parameters<typeof differencesTable>[0] = [
    {
      measure: 'errorRate',
      stable: 0.002,
      candidate: 0.081,
      difference: 0.079,
      low: 0.061,
      high: 0.097,
      confidence: 1,
    },
    {
      measure: 'p99Latency',
      stable: 31.2,
      candidate: 29.9,
      difference: -1.3,
      low: -8.4,
      high: null,
      confidence: 0.123,
    },
  ];
  const drawn = (width: number): string => `\n${differencesTable(differences, width).join('\n')}`;
  expect(drawn(80)).toBe(`
             stable   candidate       difference (99 %)     certain
failed        0.2 %       8.1 %        +6.1 % to +9.7 %    > 99.9 %
p99           31 ms       30 ms            -8.4 ms to ?      12.3 %`);
  expect(drawn(56)).toBe(`
             stable   candidate       difference (99 %)
failed        0.2 %       8.1 %        +6.1 % to +9.7 %
p99           31 ms       30 ms            -8.4 ms to ?`);
  expect(drawn(26)).toBe(`
         difference (99 %)
failed    +6.1 % to +9.7 %
p99           -8.4 ms to ?`);
});
