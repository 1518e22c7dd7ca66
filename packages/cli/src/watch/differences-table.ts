import type { DeploymentResource } from '@sluice/model/api';
import { formatLatency, formatRate } from './format-figures.ts';

type Difference = NonNullable<NonNullable<DeploymentResource['verdict']>['differences']>[number];

const names: Record<Difference['measure'], string> = {
  errorRate: 'failed',
  clientErrorRate: '4xx',
  p50Latency: 'p50',
  p95Latency: 'p95',
  p99Latency: 'p99',
};
const widths = [9, 10, 12, 24, 12] as const;

/** The same in narrower terminals. A column without a width is left out. */
const narrower = [
  [9, 10, 12, 24, 0],
  [7, 0, 0, 19, 0],
] as const;

/** The report of a test: each measure of both versions, between which bounds the difference lies, and how certain it is. */
export function differencesTable(differences: readonly Difference[], width: number): string[] {
  const fitting = [widths, ...narrower].find((each) => total(each) <= width) ?? narrower[1];
  const row = (texts: readonly string[]): string => drawRow(texts, fitting);
  return [
    row(['', 'stable', 'candidate', 'difference (99 %)', 'certain']),
    ...differences.map(({ measure, stable, candidate, low, high, confidence }) => {
      const format = measure.endsWith('Rate') ? formatRate : formatLatency;
      const bound = (value: number | null): string => (value === null ? '?' : signed(value, format));
      const certain = confidence >= 0.999 ? '> 99.9 %' : `${Math.floor(confidence * 1000) / 10} %`;
      return row([names[measure], format(stable), format(candidate), `${bound(low)} to ${bound(high)}`, certain]);
    }),
  ];
}

function signed(value: number, format: (value: number) => string): string {
  return `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
}

function drawRow(cells: readonly string[], fitting: readonly number[]): string {
  return cells
    .map((cell, index) => {
      const width = fitting[index] ?? 0;
      if (width === 0) return '';
      return index === 0 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('');
}

function total(fitting: readonly number[]): number {
  return fitting.reduce((sum, each) => sum + each, 0);
}
