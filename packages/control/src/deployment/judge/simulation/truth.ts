import { latencyBucketCount } from '@sluice/model';
import type { VersionCounts } from '@sluice/model';
import { createSampler } from './latency-law.ts';
import type { LatencyLaw } from './latency-law.ts';
import type { Random } from './random.ts';

/** What a version is really like. */
export interface Nature {
  readonly errorRate: number;
  readonly latency: LatencyLaw;
  /** Share of requests that their clients give up on; none if absent. */
  readonly abortRate?: number | undefined;
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

/** Counts of the buckets of one second; all zero between two of them. */
const scratch = new Int32Array(latencyBucketCount);

const samplers = new Map<LatencyLaw, (random: Random) => number>();

/** What a version counts in one second when so many requests are to be expected. */
export function countSecond(nature: Nature, expected: number, random: Random): VersionCounts {
  const { abortRate = 0 } = nature;
  const aborted = abortRate === 0 ? 0 : random.poisson(expected * abortRate);
  const left = expected * (1 - abortRate);
  const requests = left === 0 ? 0 : random.poisson(left);
  const sample = samplerOf(nature.latency);
  let failures = 0;
  for (let request = 0; request < requests; request += 1) {
    const bucket = sample(random);
    scratch[bucket] += 1;
    if (random.next() < nature.errorRate) failures += 1;
  }
  return { requests, failures, clientErrors: 0, aborted, rejected: 0, latencies: takeScratch() };
}

function samplerOf(law: LatencyLaw): (random: Random) => number {
  const known = samplers.get(law) ?? createSampler(law);
  samplers.set(law, known);
  return known;
}

/** The buckets that were counted; zero again afterwards. */
function takeScratch(): VersionCounts['latencies'] {
  const latencies: (readonly [number, number])[] = [];
  for (let bucket = 0; bucket < latencyBucketCount; bucket += 1) {
    if (scratch[bucket] === 0) continue;
    latencies.push([bucket, scratch[bucket]]);
    scratch[bucket] = 0;
  }
  return latencies;
}
