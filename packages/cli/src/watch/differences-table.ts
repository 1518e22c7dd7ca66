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

/** The report of a test: each measure of both versions, between which bounds the difference lies, and how certain it is. */
export function differencesTable(differences: readonly Difference[]): string[] {
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

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index] ?? 0)))
    .join('');
}
