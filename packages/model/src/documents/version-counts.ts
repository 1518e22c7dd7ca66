import { z } from 'zod';
import type { Immutable } from './immutable.ts';

const counted = z.int().min(0);

/** Schema of what is counted of one version of a route. All but `inFlight` only grow. */
export const versionCounts = z.object({
  requests: counted.describe('Answered by a backend, or failed because of one.'),
  failures: counted.describe('Of these, failed.'),
  clientErrors: counted.describe('Of these, answered with 4xx by a backend.'),
  aborted: counted.describe('Ended by the client; counted nowhere else.'),
  rejected: counted.describe('Refused by the gateway; counted nowhere else.'),
  // An earlier Sluice did not count these two.
  ownAnswers: counted.optional().describe('Answered by a policy without being refused; counted nowhere else.'),
  inFlight: counted.optional().describe('Under way at this moment.'),
  latencies: z
    .array(z.tuple([z.int().min(0).max(247), counted]))
    .max(248)
    .describe('Pairs of bucket and count; buckets ascend.'),
});

/** What is counted of one version of a route. */
export type VersionCounts = Immutable<z.output<typeof versionCounts>>;

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
  ownAnswers: 0,
  inFlight: 0,
  latencies: [],
};
