import type { VersionCounts } from '../../version-counts.ts';
import { createSampler } from './latency-law.ts';
import type { LatencyLaw } from './latency-law.ts';
import type { Random } from './random.ts';

/** What a version is really like. */
export interface Nature {
  readonly errorRate: number;
  readonly latency: LatencyLaw;
}

/** A deployment of which it is known what a judge should find. */
export interface Truth {
  readonly name: string;
  /** What the stable version is like, in words. */
  readonly service: string;
  /** equal: has to be completed. bad: must not be. between: worse by less than the limit, so either will do. */
  readonly kind: 'equal' | 'bad' | 'between';
  /** Requests per second, both versions together. */
  readonly rate: number;
  /** When the candidate becomes bad, in seconds after the beginning. */
  readonly onset: number;
  nature(second: number): { readonly stable: Nature; readonly candidate: Nature };
}

const samplers = new Map<LatencyLaw, (random: Random) => number>();

/** What a version counts in one second when so many requests are to be expected. */
export function countSecond(nature: Nature, expected: number, random: Random): VersionCounts {
  const requests = expected === 0 ? 0 : random.poisson(expected);
  const counts = new Map<number, number>();
  let sample = samplers.get(nature.latency);
  if (sample === undefined) samplers.set(nature.latency, (sample = createSampler(nature.latency)));
  let failures = 0;
  for (let request = 0; request < requests; request += 1) {
    const bucket = sample(random);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    if (random.next() < nature.errorRate) failures += 1;
  }
  const latencies = [...counts].toSorted((a, b) => a[0] - b[0]);
  return { requests, failures, clientErrors: 0, aborted: 0, rejected: 0, latencies };
}
