import { latencyBucketCount } from '@sluice/model';
import type { AnalysisConfig, VersionCounts } from '@sluice/model';
import { createSampler } from './latency-law.ts';
import type { LatencyLaw } from './latency-law.ts';
import type { Random } from './random.ts';

/** The true behaviour of a version. */
export interface Nature {
  readonly errorRate: number;
  /** Without it, no latencies are counted. */
  readonly latency?: LatencyLaw | undefined;
  /** The share of requests that clients abort; 0 by default. */
  readonly abortRate?: number | undefined;
  /** The share of requests that the gateway refuses; 0 by default. */
  readonly refusalRate?: number | undefined;
}

/** The kinds of truths; each has a table. */
export const truthKinds = ['equal', 'between', 'bad', 'refusing', 'refusals'] as const;
export type TruthKind = (typeof truthKinds)[number];

/** A deployment whose right outcome is known. */
export interface Truth {
  readonly name: string;
  /** The name of the stable version's behaviour. */
  readonly service: string;
  /**
   * equal: must complete. bad: must not complete. between: worse by less than the limit, so either is right. refusing: only
   * its refusals are worse, which no other method looks at. refusals: the same with other rates and limits, and nothing else
   * is counted.
   */
  readonly kind: TruthKind;
  /** Requests per second, both versions together. */
  readonly rate: number;
  /** When the candidate becomes bad, in seconds after the beginning. */
  readonly onset: number;
  /** How it is judged, where that is not the default. */
  readonly analysis?: Partial<AnalysisConfig> | undefined;
  nature(second: number): { readonly stable: Nature; readonly candidate: Nature };
}

/** The buckets of one second; all 0 between two calls. */
const scratch = new Int32Array(latencyBucketCount);

const samplers = new Map<LatencyLaw, (random: Random) => number>();

/** Draws the counts of one second. `expected` is the mean number of requests. */
export function countSecond(nature: Nature, expected: number, random: Random): VersionCounts {
  const { abortRate = 0, refusalRate = 0 } = nature;
  const aborted = abortRate === 0 ? 0 : random.poisson(expected * abortRate);
  const rejected = refusalRate === 0 ? 0 : random.poisson(expected * refusalRate);
  const left = expected * (1 - abortRate - refusalRate);
  const requests = left === 0 ? 0 : random.poisson(left);
  const sample = nature.latency && samplerOf(nature.latency);
  let failures = 0;
  for (let request = 0; request < requests; request += 1) {
    if (sample !== undefined) scratch[sample(random)] += 1;
    if (random.next() < nature.errorRate) failures += 1;
  }
  return { requests, failures, clientErrors: 0, aborted, rejected, latencies: takeScratch() };
}

function samplerOf(law: LatencyLaw): (random: Random) => number {
  const known = samplers.get(law) ?? createSampler(law);
  samplers.set(law, known);
  return known;
}

/** Reads the buckets, and clears them. */
function takeScratch(): VersionCounts['latencies'] {
  const latencies: (readonly [number, number])[] = [];
  for (let bucket = 0; bucket < latencyBucketCount; bucket += 1) {
    if (scratch[bucket] === 0) continue;
    latencies.push([bucket, scratch[bucket]]);
    scratch[bucket] = 0;
  }
  return latencies;
}
