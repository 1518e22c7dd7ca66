import { describe, expect, test } from 'vitest';
import { noCounts } from '@sluice/model';
import type { SplitCounts } from '@sluice/model';
import { addCounts, emptyCounts, subtractCounts } from './counts.ts';

const some = (requests: number, latencies: SplitCounts['stable']['latencies']): SplitCounts => ({
  stable: noCounts,
  candidate: { requests, failures: 1, clientErrors: 2, aborted: 3, rejected: 4, ownAnswers: 7, inFlight: 5, latencies },
});

describe('counts', () => {
  const a = some(3, [
    [10, 1],
    [20, 2],
  ]);
  const b = some(2, [
    [5, 1],
    [20, 1],
  ]);

  test('are added bucket by bucket, in order', () => {
    expect(addCounts(a, b).candidate).toEqual({
      requests: 5,
      failures: 2,
      clientErrors: 4,
      aborted: 6,
      rejected: 8,
      ownAnswers: 14,
      inFlight: 10,
      latencies: [
        [5, 1],
        [10, 1],
        [20, 3],
      ],
    });
  });

  test('are taken away again', () => {
    // What is under way is how it is now, whatever was under way before.
    expect(subtractCounts(addCounts(a, b), b)).toEqual({ ...a, candidate: { ...a.candidate, inFlight: 10 } });
    expect(subtractCounts(a, a).candidate.latencies).toEqual([]);
    expect(addCounts(emptyCounts, a)).toEqual(a);
  });

  test('are never below zero, when a node began again', () => {
    expect(subtractCounts(emptyCounts, a)).toEqual(emptyCounts);
  });
});
