import type { Restarts } from './restarts.ts';

/** Requests of both sides, and how many of them show what is counted: [stable, of these, candidate, of these]. */
export type Shares = readonly [stable: number, stableHits: number, candidate: number, candidateHits: number];

/** The stretch of looks that speaks for harm without a break, up to now. */
export type Run = {
  /** Log of the odds that it gives; 0 when the latest look spoke against harm. */
  readonly score: number;
  readonly shares: Shares;
};

/** What is remembered of a check that compares shares of requests. */
export type ShareMemory = {
  readonly harm: Restarts;
  /** Log of the evidence that the candidate is within the limit. */
  readonly safety: number;
  readonly run: Run;
  /** What rates are expected from: older requests count less and less. */
  readonly learned: Shares;
};

/** One threshold of the latency, and which share of requests is expected to be slower. */
export type LatencyBet = {
  /** Buckets of the histogram: requests of either side in it or in slower ones are counted. */
  readonly stableBucket: number;
  readonly candidateBucket: number;
  /** The shares of them that are expected. */
  readonly stable: number;
  readonly candidate: number;
};

/** What is expected of the latencies of the next block; worked out from earlier ones. */
export type LatencyPlan = {
  /** Requests of the stable version that it rests on. */
  readonly basis: number;
  readonly bets: readonly LatencyBet[];
  /** A candidate of which 1 in 100 requests is in this bucket or a slower one is slower by half of the limit. */
  readonly slow: number;
};

/** What is remembered of the latency. */
export type LatencyMemory = {
  readonly harm: Restarts;
  readonly run: Run;
  /** The latest requests: how many of them are in `plan.slow` or slower. */
  readonly recent: Shares;
  readonly plan?: LatencyPlan | undefined;
};

/** What is remembered of a threshold that holds whatever the stable version does. */
export type AbsoluteMemory = { readonly harm: Restarts; readonly run: Run };

/**
 * What a judge has to remember from one look to the next: numbers only, so that it can be stored. It goes on through all
 * phases of a deployment: the bound on false alarms holds for the whole of it.
 */
export type JudgeState = {
  readonly version: 1;
  /** Looks so far. */
  readonly looks: number;
  /** Requests of both sides since the deployment began. */
  readonly seen: readonly [stable: number, candidate: number];
  readonly errors: ShareMemory;
  readonly clientErrors: ShareMemory;
  /** Absent in what an earlier Sluice kept. */
  readonly aborts?: ShareMemory | undefined;
  readonly hangs?: ShareMemory | undefined;
  /** Requests of both sides that have ended, those that clients gave up on among them. */
  readonly ended?: readonly [stable: number, candidate: number] | undefined;
  readonly latency: LatencyMemory;
  readonly absoluteErrors: AbsoluteMemory;
  readonly absoluteLatency: AbsoluteMemory;
};
