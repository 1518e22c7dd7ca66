import { noCounts } from '@sluice/model';
import type { VersionCounts } from '@sluice/model';
import type { NodeSplit } from '@sluice/model';

/** What a node counted: `requests` on either side, all of them as fast as `bucket` says. */
export function nodeSplit({ stable = 0, candidate = 0, bucket = 80, ...changes }: SplitOptions = {}): NodeSplit {
  return {
    deploymentId: 'd1',
    routeId: 'orders',
    epoch: 1,
    stable: countsOf(stable, bucket),
    candidate: countsOf(candidate, bucket),
    ready: true,
    problems: [],
    ...changes,
  };
}

type SplitOptions = Partial<Omit<NodeSplit, 'stable' | 'candidate'>> & {
  readonly stable?: number;
  readonly candidate?: number;
  readonly bucket?: number;
};

/** So many requests, all of them as fast as `bucket` says. */
export function countsOf(requests: number, bucket: number): VersionCounts {
  return { ...noCounts, requests, latencies: requests === 0 ? [] : [[bucket, requests]] };
}
