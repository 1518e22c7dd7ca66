import type { VersionCounts } from '@sluice/model';
import type { Restarts } from './restarts.ts';

/** The requests of both sides, and how many of them are hits, such as failures. */
export type Shares = readonly [stable: number, stableHits: number, candidate: number, candidateHits: number];

/** The latest run of comparisons that indicates harm without a break. */
export type Run = {
  /** The log of its odds; 0 when the latest comparison did not indicate harm. */
  readonly score: number;
  readonly shares: Shares;
};

/** The memory of a check that compares shares of requests. */
export type ShareMemory = {
  readonly harm: Restarts;
  /** The log of the evidence that the candidate is within the limit. */
  readonly safety: number;
  readonly run: Run;
  /** What expected rates are learned from. Older requests count less. */
  readonly learned: Shares;
};

/** A threshold of the latency, and the shares of requests that are expected to be slower. */
export type LatencyBet = {
  /** The buckets from which on requests of either side count as slow. */
  readonly stableBucket: number;
  readonly candidateBucket: number;
  /** The expected shares of slow requests. */
  readonly stable: number;
  readonly candidate: number;
};

/** The bets on the latencies of the next block. They follow from earlier blocks. */
export type LatencyPlan = {
  /** The number of requests of the stable version that it is based on. */
  readonly basis: number;
  readonly bets: readonly LatencyBet[];
  /** A candidate with 1 in 100 requests in this bucket or a slower one is slower by half of the limit. */
  readonly slow: number;
  /**
   * With more than this share in this bucket, about the 95th percentile, or a slower one, a candidate is rather slower by the
   * limit than as fast as the stable version. Absent in what earlier versions stored.
   */
  readonly slowish?: { readonly bucket: number; readonly share: number } | undefined;
};

/** The stable version's latencies: those from before the present epoch, and those in it so far. */
export type KnownLatencies = {
  readonly epoch: number;
  readonly before: VersionCounts['latencies'];
  readonly since: VersionCounts['latencies'];
};

/** The memory of the latency check. */
export type LatencyMemory = {
  readonly harm: Restarts;
  readonly run: Run;
  /** The latest requests, with those in `plan.slow` or a slower bucket as hits. */
  readonly recent: Shares;
  /** The latest requests, with those in the bucket of `plan.slowish` or a slower one as hits. */
  readonly recentSlowish?: Shares | undefined;
  readonly plan?: LatencyPlan | undefined;
  /** Absent in what earlier versions stored. */
  readonly known?: KnownLatencies | undefined;
};

/** The memory of the check of an absolute limit. */
export type AbsoluteMemory = { readonly harm: Restarts; readonly run: Run };

/**
 * The memory of a judge between comparisons: plain numbers, so that it can be stored. It lasts through all phases, because
 * the bound on false alarms is for the whole deployment.
 */
export type JudgeState = {
  readonly version: 1;
  /** The number of comparisons so far. */
  readonly looks: number;
  /** Requests of both sides since the deployment began. */
  readonly seen: readonly [stable: number, candidate: number];
  readonly errors: ShareMemory;
  readonly clientErrors: ShareMemory;
  /** Absent in what earlier versions stored. */
  readonly refusals?: ShareMemory | undefined;
  readonly refused?: readonly [stable: number, candidate: number] | undefined;
  readonly aborts?: ShareMemory | undefined;
  readonly hangs?: ShareMemory | undefined;
  /** Requests of both sides that have ended, aborted ones included, refused ones not. */
  readonly ended?: readonly [stable: number, candidate: number] | undefined;
  readonly latency: LatencyMemory;
  readonly absoluteErrors: AbsoluteMemory;
  readonly absoluteLatency: AbsoluteMemory;
};
