import { noCounts } from '@sluice/model';
import type { SplitCounts, VersionCounts } from '@sluice/model';

type Latencies = VersionCounts['latencies'];

export const emptyCounts: SplitCounts = { stable: noCounts, candidate: noCounts };

/** Both counts together. */
export function addCounts(a: SplitCounts, b: SplitCounts): SplitCounts {
  return { stable: combine(a.stable, b.stable, 1), candidate: combine(a.candidate, b.candidate, 1) };
}

/**
 * What `later` has counted beyond `earlier`. It is never below 0: a node that restarted has counted less than before, which
 * takes no requests away.
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
    ownAnswers: sum(a.ownAnswers ?? 0, b.ownAnswers ?? 0),
    // A state, not a count: that of the later one, or the sum of both.
    inFlight: (a.inFlight ?? 0) + (sign === 1 ? (b.inFlight ?? 0) : 0),
    latencies: merge(a.latencies, b.latencies, sign),
  };
}

/** Both together, bucket by bucket. */
export function addLatencies(a: Latencies, b: Latencies): Latencies {
  return merge(a, b, 1);
}

/** Both lists are in the order of buckets, and so is the result. Empty buckets are left out. */
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
