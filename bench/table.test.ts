import { expect, test } from 'vitest';
import { renderTable } from './table.ts';

test('columns are aligned, names to the left and figures to the right', () => {
  expect(
    renderTable([
      ['peer', 'µs'],
      ['nginx', '16.6'],
      ['sluice', '5'],
    ]),
  ).toBe(['peer      µs', '------  ----', 'nginx   16.6', 'sluice     5'].join('\n'));
});
