import { figuresOf, verdict } from './figures.ts';
import type { Figure } from './figures.ts';
import { cases } from './options.ts';
import type { Result } from './result.ts';
import { renderTable } from './table.ts';
import type { Cell } from './throughput.ts';

const header = ['', 'CPU µs/request', 'spread', '× nginx', 'requests/s', 'p50 ms', 'p99 ms', 'RSS MB', 'errors'];

/** Renders a result for people: what ran where, a table per load, and the figures against what they must be. */
export function renderReport(result: Result): string {
  const parts = [`${renderMachine(result)}; latencies of this table are those of a full load`];
  for (const { id, title } of cases) {
    const cells = result.throughput.filter(({ caseId }) => caseId === id);
    if (cells.length > 0) parts.push(renderTable([[title, ...header.slice(1)], ...cells.map(renderCell)]));
  }
  if (result.latency) parts.push(renderLatency(result.latency));
  const figures = figuresOf(result);
  if (figures.length > 0)
    parts.push(renderTable([['figure', 'measured', 'must', 'aim', ''], ...figures.map(renderFigure)]));
  return parts.join('\n\n');
}

/** What ran where, and how. */
export function renderMachine({ machine, rounds, seconds }: Pick<Result, 'machine' | 'rounds' | 'seconds'>): string {
  return (
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel} · Node ${machine.node}, nginx ${machine.nginx}, ` +
    `haproxy ${machine.haproxy} · ${machine.commit}, ${machine.date}\n` +
    `medians of ${rounds} interleaved round(s) of ${seconds} s; proxy on one core, upstream and load on another`
  );
}

function renderCell(cell: Cell): string[] {
  return [
    cell.peer,
    cell.cpuMicrosPerRequest.toFixed(1),
    `${(cell.cpuSpread * 100).toFixed(0)} %`,
    cell.ratioToNginx === null ? '' : cell.ratioToNginx.toFixed(2),
    cell.requestsPerSecond.toFixed(0),
    milliseconds(cell.p50Micros),
    milliseconds(cell.p99Micros),
    (cell.rssBytes / 1024 / 1024).toFixed(0),
    cell.errors === 0 ? '0' : `${cell.errors} !`,
  ];
}

function renderLatency(latency: NonNullable<Result['latency']>): string {
  const { direct, through, requestsPerSecond, reachedShare, method } = latency;
  const rows = Object.entries(through).map(([name, { p50Micros, p99Micros, addedP99Micros }]) => [
    `through ${name}`,
    milliseconds(p50Micros),
    milliseconds(p99Micros),
    milliseconds(addedP99Micros),
  ]);
  const title = `1 KB GET at ${requestsPerSecond}/s`;
  const table = renderTable([
    [title, 'p50 ms', 'p99 ms', 'p99 added ms'],
    ['direct', milliseconds(direct.p50Micros), milliseconds(direct.p99Micros), ''],
    ...rows,
  ]);
  const doubt = reachedShare < 0.99 ? `\nVOID: only ${(reachedShare * 100).toFixed(1)} % of the rate was reached` : '';
  return `${table}\n(${method})${doubt}`;
}

/** A row of the table of figures. */
export function renderFigure(figure: Figure): string[] {
  const { title, unit, measured, must, aim } = figure;
  const digits = Number.isInteger(measured) ? 0 : 2;
  return [title, `${measured.toFixed(digits)} ${unit}`.trim(), String(must), String(aim), verdict(figure)];
}

function milliseconds(micros: number): string {
  return (micros / 1000).toFixed(2);
}
