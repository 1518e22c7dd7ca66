import type { VersionCounts } from '@sluice/model';

export type { VersionCounts } from '@sluice/model';

/** Both versions of one deployment, over all of its routes and all nodes, within one epoch. */
export type SplitCounts = {
  readonly stable: VersionCounts;
  readonly candidate: VersionCounts;
};

/** Nothing counted yet. */
export const noCounts: VersionCounts = {
  requests: 0,
  failures: 0,
  clientErrors: 0,
  aborted: 0,
  rejected: 0,
  inFlight: 0,
  latencies: [],
};
