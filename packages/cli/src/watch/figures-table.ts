import type { VersionFigures } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { formatCount, formatLatency, formatRate, formatShare } from './format-figures.ts';
import { sparkline } from './sparkline.ts';
import type { Figures, Latencies, WatchState } from './watch-state.ts';

/** Widths of the columns before the sparkline: name, share, requests, failed, p99. Labels below share the first. */
const usual = [13, 6, 12, 10, 10] as const;
/** The same in narrower terminals. A column without a width is left out. */
const narrower = [
  [13, 0, 12, 10, 10],
  [9, 0, 0, 8, 8],
] as const;
const gap = 4;
const longest = 30;
const shortest = 8;

/** Both versions in figures, with the 99th percentile over time; the header comes first. */
export function figuresTable(state: WatchState, { width, style }: { width: number; style: Style }): string[] {
  const { deployment, figures, latencies } = state;
  const { stablePercentage, canaryPercentage } = deployment.trafficSplit;
  const columns = [usual, ...narrower].find((each) => total(each) <= width) ?? narrower[1];
  const size = Math.min(longest, width - total(columns) - gap);
  const top = topOf(latencies);
  const behind = (text: string): string => (size < shortest ? '' : ' '.repeat(gap) + text);
  const line = (side: keyof Latencies): string =>
    behind(
      sparkline(
        latencies.map((each) => each[side]),
        { width: size, top },
      ),
    );
  const row = (texts: readonly string[], styles?: CellStyles): string => drawRow(texts, { columns, styles });
  const header = row(['', 'share', 'requests', 'failed', 'p99']) + behind('p99 over time'.padStart(size));
  return [
    style.dim(header.trimEnd()),
    `${row(cells('stable', stablePercentage, figures?.stable))}${style.dim(line('stable').trimEnd())}`,
    `${row(cells('candidate', canaryPercentage, figures?.canary), blame(figures, style))}${line('canary').trimEnd()}`,
  ];
}

/** Twice the highest of the stable version, so that a usual value has half the height and a worse one stands out. */
function topOf(latencies: readonly Latencies[]): number {
  const stable = Math.max(0, ...latencies.map((each) => each.stable ?? 0));
  return Math.max(2 * stable, ...latencies.map((each) => each.canary ?? 0));
}

function cells(name: string, share: number, side: VersionFigures | undefined): string[] {
  const known = side !== undefined && side.requestCount > 0;
  return [
    name,
    formatShare(share),
    formatCount(side?.requestCount ?? 0),
    known ? formatRate(side.errorRate) : '–',
    known ? formatLatency(side.p99Latency) : '–',
  ];
}

/** The figures that speak against the candidate are red. */
function blame(figures: Figures | undefined, { red }: Style): Partial<Record<number, Style['red']>> {
  const isWorse = (...names: string[]): boolean =>
    figures?.checks.some(({ name, result }) => result === 'worse' && names.includes(name)) === true;
  return {
    ...(isWorse('errors', 'absoluteErrors') && { 3: red }),
    ...(isWorse('latency', 'absoluteLatency') && { 4: red }),
  };
}

type CellStyles = Partial<Record<number, Style['red']>>;

/** The name begins its column, figures end theirs. */
function drawRow(
  texts: readonly string[],
  { columns, styles = {} }: { readonly columns: readonly number[]; readonly styles?: CellStyles | undefined },
): string {
  return texts
    .map((text, index) => {
      const width = columns[index] ?? 0;
      if (width === 0) return '';
      const padded = index === 0 ? text.padEnd(width) : text.padStart(width);
      return styles[index]?.(padded) ?? padded;
    })
    .join('');
}

function total(columns: readonly number[]): number {
  return columns.reduce((sum, each) => sum + each, 0);
}
