import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { line } from '../values/text.ts';
import { httpAddress } from '../values/http-address.ts';

/** What a candidate is compared in. */
export const checkNames = ['errors', 'latency', 'clientErrors', 'refusals', 'aborts', 'hangs'] as const;

/** One thing that a candidate is compared in. */
export type CheckName = (typeof checkNames)[number];

/** Schema of how a candidate is judged against the stable version beside it. */
export const analysisConfig = z
  .strictObject({
    interval: duration(200, 3_600_000).prefault('1s').describe('Time from one judgement to the next.'),
    window: duration(1000, 86_400_000)
      .prefault('1m')
      .describe('Period of the latest figures, which are shown beside the totals.'),
    minRequests: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .default(100)
      .describe('Requests that each version needs before anything is decided.'),
    errorRateIncrease: z
      .number()
      .min(0.0001)
      .max(1)
      .default(0.05)
      .describe(
        'Roll back when the error rate exceeds that of the stable version by this much; 0.05 = 5 percentage points.',
      ),
    p99IncreasePercent: z
      .number()
      .min(5)
      .max(10_000)
      .default(50)
      .describe('Roll back when the p99 latency exceeds that of the stable version by this many percent.'),
    maxErrorRate: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Roll back when more than this share of requests fails, whatever the stable version does.'),
    maxP99: duration()
      .optional()
      .describe('Roll back when the 99th percentile of the latency is above this, whatever the stable version does.'),
    clientErrorIncrease: z
      .number()
      .min(0.0001)
      .max(1)
      .optional()
      .describe(
        'Roll back when the share of 4xx responses exceeds that of the stable version by this much. If absent, it is only shown.',
      ),
    refusalIncrease: z
      .number()
      .min(0.0001)
      .max(1)
      .default(0.1)
      .describe(
        'Roll back when the share of requests that the gateway refuses exceeds that of the stable version by this much; 0.1 = 10 percentage points.',
      ),
    abortIncrease: z
      .number()
      .min(0.0001)
      .max(1)
      .default(0.1)
      .describe(
        'Roll back when the share of requests that clients abandon, or that never end, exceeds that of the stable version by this much; 0.1 = 10 percentage points.',
      ),
    maxWait: duration(1000)
      .prefault('5m')
      .describe('How long a phase waits beyond its duration while nothing is learned, before a person is asked.'),
    maxExtension: duration(0, 604_800_000)
      .prefault('1h')
      .describe(
        'How long a phase may go on beyond its duration while requests bring an answer nearer, before a person is asked.',
      ),
    dryRun: z.array(z.enum(checkNames)).default([]).describe('Checks that are made and shown, but decide nothing.'),
  })
  .describe('How the candidate is compared with the stable version.');

/** How a candidate is judged; times in milliseconds. */
export type AnalysisConfig = z.output<typeof analysisConfig>;

const gateFields = {
  name: line(64).describe('Appears in verdicts.'),
  interval: duration(1000, 3_600_000).prefault('10s').describe('Time from one measurement to the next.'),
  timeout: duration(100, 60_000).prefault('5s').describe('How long an answer may take.'),
  failureLimit: z.int().min(1).max(1000).default(1).describe('Failed measurements in a row that cause a rollback.'),
  dryRun: z.boolean().default(false).describe('true: measured and shown, but decides nothing.'),
};

/** Schema of a measurement that is taken elsewhere and can stop a deployment. */
export const gateConfig = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('prometheus'),
      ...gateFields,
      query: z.string().min(1).max(4096).describe('PromQL that gives one number.'),
      above: z.number().optional().describe('Fails when the number is above this.'),
      below: z.number().optional().describe('Fails when the number is below this.'),
    }),
    z.strictObject({
      type: z.literal('http'),
      ...gateFields,
      url: httpAddress('https://shop.internal/health?deep=1', { query: true }).describe(
        'Address that is requested with GET.',
      ),
      expectedStatusCode: z.int().min(100).max(599).default(200).describe('Every other status is a failure.'),
      expectedBody: z.string().max(1000).optional().describe('Text that the answer has to contain.'),
    }),
  ])
  .superRefine((gate, context) => {
    if (gate.type === 'prometheus' && gate.above === undefined && gate.below === undefined)
      context.addIssue({
        code: 'custom',
        path: ['above'],
        message: 'say above, below or both: otherwise the query decides nothing',
      });
  })
  .describe('A measurement taken elsewhere. Without data the deployment waits.');

/** A measurement that is taken elsewhere; times in milliseconds. */
export type GateConfig = z.output<typeof gateConfig>;
