/** What is counted of one version of a route: numbers that only grow. */
export type VersionCounts = {
  /** Requests that count: answered by a backend, or failed because of one. */
  readonly requests: number;
  /** Of these: 5xx of a backend, no connection to one, no answer in time, an answer cut off by it. */
  readonly failures: number;
  /** Of `requests`: 4xx answers of backends. */
  readonly clientErrors: number;
  /** Ended by the client before the answer was complete; in none of the others. */
  readonly aborted: number;
  /** Turned away by the gateway itself (limits, bodies too large …); in none of the others. */
  readonly rejected: number;
  /** Under way at this moment; absent in what an earlier Sluice counted. The one number that also falls. */
  readonly inFlight?: number | undefined;
  /** Latencies of `requests` by bucket (`latencyBucketOf`): pairs of bucket and count, buckets ascending. */
  readonly latencies: readonly (readonly [bucket: number, count: number])[];
};

/** Both versions of one deployment, over all of its routes and all nodes, within one epoch. */
export type SplitCounts = {
  readonly stable: VersionCounts;
  readonly candidate: VersionCounts;
};

/** Nothing counted yet. */
export const noCounts: VersionCounts = {
  requests: 0,
  failures: 0,
  clientErrors: 0,
  aborted: 0,
  rejected: 0,
  inFlight: 0,
  latencies: [],
};
