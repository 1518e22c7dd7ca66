/** What one gateway observes of the requests that it serves. */
export interface ObserveLoad {
  readonly id: string;
  readonly title: string;
  /** Its metrics are read each second. */
  readonly isScraped?: boolean;
  /** Share of the requests that the access log has. */
  readonly logged?: number;
  /** Share of the requests that is traced. */
  readonly traced?: number;
  /** What its cost may be as a multiple of that of a gateway that observes nothing. */
  readonly limit?: { readonly must: number; readonly aim: number };
}

/** The gateway that observes nothing, which all others are compared with. */
export const nothing = 'nothing';

export const observeLoads: readonly ObserveLoad[] = [
  { id: nothing, title: 'nothing' },
  { id: 'metrics', title: 'metrics, read each second', isScraped: true },
  { id: 'log-1', title: 'access log, 1 %', logged: 0.01 },
  { id: 'log-100', title: 'access log, 100 %', logged: 1 },
  { id: 'traces-1', title: 'traces, 1 %', traced: 0.01 },
  { id: 'traces-100', title: 'traces, 100 %', traced: 1 },
  {
    id: 'all-1',
    title: 'metrics, access log and traces, 1 %',
    isScraped: true,
    logged: 0.01,
    traced: 0.01,
    limit: { must: 1.03, aim: 1 },
  },
  {
    id: 'all-100',
    title: 'metrics, access log and traces, 100 %',
    isScraped: true,
    logged: 1,
    traced: 1,
    limit: { must: 1.5, aim: 1.25 },
  },
];
