import { z } from 'zod';
import { checkNames } from '../deployment/analysis-config.ts';
import { percentage } from '../deployment/percentage.ts';
import { timestamp } from './fields.ts';

/** Schema of a number of things, or of odds. */
export const count = z.number().min(0);
/** Schema of a part of a whole. */
export const share = z.number().min(0).max(1);
/** Schema of how long answers took. */
export const latency = z.number().min(0).describe('Milliseconds.');

/** Schema of what one version did. */
export const versionFigures = z
  .object({
    requestCount: count.describe('Requests that a backend answered, or failed to answer.'),
    failedRequests: count.describe('Of these: 5xx of a backend, or none that answered.'),
    errorRate: share.describe('0 to 1.'),
    clientErrors: count.describe('4xx answers of backends.'),
    aborted: count.describe('Ended by the client; counted nowhere else.'),
    rejected: count.describe(
      'Refused by the gateway itself, by a limit or a rule of the version; counted nowhere else.',
    ),
    p50Latency: latency,
    p95Latency: latency,
    p99Latency: latency,
    p99Low: latency.describe('The true 99th percentile lies between this and p99High, 99 times in 100.'),
    p99High: latency,
  })
  .describe('The figures of one version over a period.');

/** Schema of what one comparison comes to. */
export const checkResource = z
  .object({
    name: z.enum([...checkNames, 'absoluteErrors', 'absoluteLatency']),
    result: z.enum(['worse', 'fine', 'open']).describe('worse and fine are certain; open is neither yet.'),
    dryRun: z.boolean().describe('true: shown, but decides nothing.'),
    withinLimit: z.boolean().describe('The figures themselves are, without regard to chance.'),
    evidenceOfHarm: count.describe('Odds against the candidate being no worse.'),
    evidenceOfSafety: count.describe('Odds against the candidate being worse by the limit or more.'),
    needed: count.describe('What the odds have to reach.'),
    moreRequests: count
      .optional()
      .describe('So many more requests of the candidate will do if they are like those before. Absent if unknown.'),
    standIn: z
      .object({
        percentile: z.number().describe('95: the 95th percentile.'),
        evidenceOfSafety: count.describe('Odds against this percentile being higher by the limit or more.'),
        instead: count.describe('What evidenceOfSafety of the check itself has to reach beside it.'),
      })
      .optional()
      .describe(
        'A lower percentile that stands in for p99: at the end of the phase, this check is no longer open because of it.',
      ),
    explanation: z.string(),
  })
  .describe('The result of one comparison.');

/** Schema of what one measurement taken elsewhere says. */
export const gateResource = z
  .object({
    name: z.string(),
    result: z.enum(['pass', 'fail', 'noData']),
    dryRun: z.boolean(),
    value: z.number().optional(),
    failuresInARow: z.int().min(0),
    at: timestamp,
    explanation: z.string(),
  })
  .describe('What one measurement taken elsewhere says.');

/** Schema of what requests have yet to show. */
export const stillOpen = z
  .object({
    checks: z.array(z.string()).describe('The checks that are open. None: minRequests are not there yet.'),
    moreRequests: count.optional().describe('About so many more requests of the candidate. Absent if unknown.'),
    moreSeconds: count.optional().describe('How long that takes at the traffic of the latest period.'),
  })
  .describe('What requests have yet to show, while it holds for that reason.');

/** Schema of one measure of both versions beside one another. */
export const differenceResource = z
  .object({
    measure: z.enum(['errorRate', 'clientErrorRate', 'p50Latency', 'p95Latency', 'p99Latency']),
    stable: z.number().describe('Shares are 0 to 1, latencies in milliseconds.'),
    candidate: z.number(),
    difference: z.number().describe('That of the candidate less that of the stable version.'),
    low: z
      .number()
      .nullable()
      .describe('The true difference lies between low and high, 99 times in 100; null: not known yet.'),
    high: z.number().nullable(),
    confidence: share.describe('How certain the difference is, however often it is looked at.'),
  })
  .describe('One measure of both versions.');

/** What there is of both versions. */
export const sides = { stable: versionFigures, canary: versionFigures };
/** Schema of what a judgement comes to. */
export const verdictField = z.enum(['promote', 'hold', 'rollBack', 'ask']);

/** Schema of a judgement, with the numbers that made it. */
export const verdictResource = z
  .object({
    verdict: verdictField,
    explanation: z.string().describe('One sentence.'),
    at: timestamp,
    phaseIndex: z.int(),
    percentage,
    ...sides,
    window: z.object({ seconds: count, ...sides }).describe('The same for the latest period alone.'),
    checks: z.array(checkResource),
    gates: z.array(gateResource),
    stillOpen: stillOpen.optional(),
    lastRequestAt: timestamp.optional().describe('When a request of the candidate was last counted.'),
    differences: z.array(differenceResource).optional().describe('Both versions since the phase began.'),
  })
  .describe('A judgement, with the numbers since the phase began.');

/** What one version did in a stretch of time. */
export type VersionFigures = z.output<typeof versionFigures>;
/** A judgement, with the numbers that made it. */
export type VerdictResource = z.output<typeof verdictResource>;
