import { z } from 'zod';
import { duration } from '../values/duration.ts';

/** The quantiles that a latency objective may be given for, with the share of requests that each allows to be slower. */
export const latencyQuantiles = { p50: 0.5, p95: 0.05, p99: 0.01 } as const;

const percentage = 'expected a percentage above 0 and below 100, such as 99.9';

const latencyObjective = z
  .strictObject({
    p50: duration().optional().describe('Time within which half of the requests end.'),
    p95: duration().optional().describe('Time within which 95 of 100 requests end.'),
    p99: duration().optional().describe('Time within which 99 of 100 requests end.'),
  })
  .refine(saysSomething, { error: 'says nothing: give p50, p95, p99, or some of them', when: isReadable })
  .meta({ minProperties: 1 })
  .describe('How fast requests end. Each time is measured at the nearest bound of the latency buckets.');

/** Schema of the service level objective of a route. */
export const sloConfig = z
  .strictObject({
    availability: z
      .number()
      .gt(0, percentage)
      .lt(100, percentage)
      .optional()
      .describe('Percentage of the requests that are answered with a status below 500.'),
    latency: latencyObjective.optional(),
  })
  .refine(saysSomething, { error: 'says nothing: give availability, latency, or both', when: isReadable })
  .meta({ minProperties: 1 })
  .describe('What users of the route can expect over 30 days: sluice monitoring makes alerts of it.');

/** A service level objective; latencies in milliseconds. */
export type SloConfig = z.output<typeof sloConfig>;

function saysSomething(value: object): boolean {
  return Object.values(value).some((field) => field !== undefined);
}

/** A mistyped field is one problem, and not also an objective that says nothing. */
function isReadable({ issues }: { readonly issues: readonly unknown[] }): boolean {
  return issues.length === 0;
}
