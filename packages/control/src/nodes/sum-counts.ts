import type { VersionCounts } from '@sluice/model';

/** All of them together. Their buckets may be in any order; those of the sum ascend. */
export function sumCounts(all: readonly VersionCounts[]): VersionCounts {
  const total = (pick: (counts: VersionCounts) => number): number => all.reduce((sum, one) => sum + pick(one), 0);
  return {
    requests: total(({ requests }) => requests),
    failures: total(({ failures }) => failures),
    clientErrors: total(({ clientErrors }) => clientErrors),
    aborted: total(({ aborted }) => aborted),
    rejected: total(({ rejected }) => rejected),
    ownAnswers: total(({ ownAnswers = 0 }) => ownAnswers),
    inFlight: total(({ inFlight = 0 }) => inFlight),
    latencies: sumLatencies(all),
  };
}

/** The durations of all of them together; buckets ascend. */
export function sumLatencies(all: readonly Pick<VersionCounts, 'latencies'>[]): VersionCounts['latencies'] {
  const buckets = new Map<number, number>();
  for (const { latencies } of all) {
    for (const [bucket, count] of latencies) buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  }
  return [...buckets].toSorted(([a], [b]) => a - b);
}
