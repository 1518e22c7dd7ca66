import { noCounts } from '@sluice/model';
import type { SplitCounts, VersionCounts } from '@sluice/model';

type Latencies = VersionCounts['latencies'];

/** Nothing counted of either version. */
export const emptyCounts: SplitCounts = { stable: noCounts, candidate: noCounts };

/** Both counts together. */
export function addCounts(a: SplitCounts, b: SplitCounts): SplitCounts {
  return { stable: combine(a.stable, b.stable, 1), candidate: combine(a.candidate, b.candidate, 1) };
}

/**
 * What `later` has counted beyond `earlier`. Never below zero: a node that began again has counted less than it had
 * before, and that is no reason to take requests away.
 */
export function subtractCounts(later: SplitCounts, earlier: SplitCounts): SplitCounts {
  return {
    stable: combine(later.stable, earlier.stable, -1),
    candidate: combine(later.candidate, earlier.candidate, -1),
  };
}

function combine(a: VersionCounts, b: VersionCounts, sign: 1 | -1): VersionCounts {
  const sum = (x: number, y: number): number => Math.max(0, x + sign * y);
  return {
    requests: sum(a.requests, b.requests),
    failures: sum(a.failures, b.failures),
    clientErrors: sum(a.clientErrors, b.clientErrors),
    aborted: sum(a.aborted, b.aborted),
    rejected: sum(a.rejected, b.rejected),
    // No count of what happened, but how it is: that of the later one, or of both together.
    inFlight: (a.inFlight ?? 0) + (sign === 1 ? (b.inFlight ?? 0) : 0),
    latencies: merge(a.latencies, b.latencies, sign),
  };
}

/** Both lists ascend by bucket, and so does the result; buckets without requests are left out. */
function merge(a: Latencies, b: Latencies, sign: 1 | -1): Latencies {
  const merged: (readonly [number, number])[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i]?.[0] ?? Infinity;
    const right = b[j]?.[0] ?? Infinity;
    const bucket = Math.min(left, right);
    const count = (left === bucket ? (a[i++]?.[1] ?? 0) : 0) + sign * (right === bucket ? (b[j++]?.[1] ?? 0) : 0);
    if (count > 0) merged.push([bucket, count]);
  }
  return merged;
}
