import { z } from 'zod';
import { duration } from '../values/duration.ts';
import type { JsonValue } from '../values/json-value.ts';
import { filePath, oneLine } from '../values/text.ts';

/** Each route keeps its options, and every worker has them. */
const mostOptions = 16_384;

const option = z.unknown() as z.ZodType<JsonValue>;

/** Schema of a policy of the user's own. */
const ownPolicy = z
  .strictObject({
    module: filePath.describe(
      'Module whose default export definePolicy made: a path in the configuration file, a name in node.policiesFolder over the API.',
    ),
    options: z
      .record(oneLine.max(256), option)
      .refine((options) => JSON.stringify(options).length <= mostOptions, `expected at most ${mostOptions} characters`)
      .default({})
      .describe('What the module is given; it says what it takes.'),
    timeout: duration(1).prefault('1s').describe('Longest time that the policy may wait for something.'),
  })
  .describe('A policy of your own.');

/** Schema of the policies of the user's own on a route. */
export const policiesConfig = z
  .array(ownPolicy)
  .max(8)
  .describe(
    'Policies of your own: modules that run in the gateway. Those of one stage run after the built-in ones, in this order.',
  );

/** A policy of the user's own on a route; `timeout` in milliseconds. */
export type OwnPolicyConfig = z.output<typeof ownPolicy>;
