import type { Answer } from '@sluice/model/api';
import { fitTable, leftOutNote } from '../terminal/fit-table.ts';
import type { Column } from '../terminal/fit-table.ts';
import { printable } from '../terminal/printable.ts';
import type { Style } from '../terminal/style.ts';
import { formatLatency, formatRate } from '../watch/format-figures.ts';

/** What is busy now. */
export type Traffic = Answer<'getTraffic'>;

/** By what routes and backends are sorted; backends have no latency of their own, so their rate counts then. */
export const trafficOrders = ['requests', 'errors', 'latency'] as const;
export type TrafficOrder = (typeof trafficOrders)[number];

const routeColumns: readonly Column[] = [
  { title: 'ROUTE' },
  { title: 'REQ/S' },
  { title: 'ERRORS' },
  { title: 'P50', leaveOut: 2 },
  { title: 'P95', leaveOut: 1 },
  { title: 'P99' },
];
const backendColumns: readonly Column[] = [
  { title: 'BACKEND' },
  { title: 'REQ/S' },
  { title: 'ERRORS' },
  { title: 'ACTIVE', leaveOut: 1 },
  { title: 'HEALTH' },
];

export interface TableOptions {
  readonly order: TrafficOrder;
  readonly style: Style;
  readonly width: number;
  /** Lines that there is room for. */
  readonly height: number;
}

/** The lines of one look: the sum, then the busiest routes and backends, as many as there is room for. */
export function trafficLines(traffic: Traffic, { order, style, width, height }: TableOptions): string[] {
  const [routes, backends] = [sorted(traffic.routes, order), sorted(traffic.backends, order)];
  // One line for the sum, and for each table a blank line, its header and a note.
  const room = Math.max(2, height - 7);
  const forBackends = Math.min(backends.length, Math.max(Math.floor(room / 2), room - routes.length));
  const section = (columns: readonly Column[], rows: readonly (readonly string[])[]): string[] => {
    const fitted = fitTable(columns, rows, width);
    return ['', ...fitted.header.map(style.bold), ...fitted.rows.flat(), ...leftOutNote(fitted, width).map(style.dim)];
  };
  return [
    sumLine(traffic),
    ...section(routeColumns, routes.slice(0, room - forBackends).map(routeCells)),
    ...section(backendColumns, backends.slice(0, forBackends).map(backendCells)),
  ];
}

/** The look as one complete line for each route, for a pipe. */
export function trafficRecord(traffic: Traffic, order: TrafficOrder): string[] {
  const line = (cells: readonly string[]): string => `${traffic.timestamp}  ${cells.join('  ')}`;
  return [
    line([sumLine(traffic)]),
    ...sorted(traffic.routes, order).map((route) => line(['route', ...routeCells(route)])),
    ...sorted(traffic.backends, order).map((backend) => line(['backend', ...backendCells(backend)])),
  ];
}

function sumLine({ load, latency, nodes, revision }: Traffic): string {
  const { requestsPerSecond, activeRequests, cpu } = load;
  return [
    `${perSecond(requestsPerSecond)} requests/s`,
    `${activeRequests} active`,
    `p50 ${formatLatency(latency.p50)}, p95 ${formatLatency(latency.p95)}, p99 ${formatLatency(latency.p99)}`,
    `${perSecond(cpu)} CPU`,
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'}, revision ${revision}`,
  ].join(' · ');
}

function routeCells({ routeId, p50, p95, p99, ...rates }: Traffic['routes'][number]): string[] {
  return [printable(routeId), ...rateCells(rates), formatLatency(p50), formatLatency(p95), formatLatency(p99)];
}

function backendCells({ backendId, activeRequests, healthStatus, ...rates }: Traffic['backends'][number]): string[] {
  return [printable(backendId), ...rateCells(rates), String(activeRequests), healthStatus];
}

interface Rates {
  readonly requestsPerSecond: number;
  readonly failuresPerSecond: number;
}

function rateCells({ requestsPerSecond, failuresPerSecond }: Rates): string[] {
  return [
    perSecond(requestsPerSecond),
    formatRate(requestsPerSecond === 0 ? 0 : failuresPerSecond / requestsPerSecond),
  ];
}

function perSecond(rate: number): string {
  return rate < 9.95 ? rate.toFixed(1) : String(Math.round(rate));
}

function sorted<T extends Rates & { readonly p99?: number }>(rows: readonly T[], order: TrafficOrder): T[] {
  const value = (row: T): number => {
    if (order === 'errors') return row.failuresPerSecond;
    return order === 'latency' ? (row.p99 ?? row.requestsPerSecond) : row.requestsPerSecond;
  };
  return rows.toSorted((a, b) => value(b) - value(a) || b.requestsPerSecond - a.requestsPerSecond);
}
