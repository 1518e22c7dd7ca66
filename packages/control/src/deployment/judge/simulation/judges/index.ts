import type { Truth } from '../truth.ts';
import type { Judge } from './judge.ts';
import { createFailureLimit } from './failure-limit.ts';
import { createFixedThreshold } from './fixed-threshold.ts';
import { createMannWhitney } from './mann-whitney.ts';
import { createOurs } from './ours.ts';

/** The judges that are compared, by their names in the tables. */
export const judges = {
  ours: createOurs,
  fixed: createFixedThreshold,
  failureLimit: createFailureLimit,
  mannWhitney: createMannWhitney,
} as const satisfies Record<string, (analysis: Truth['analysis']) => Judge>;

/** One of the judges. */
export type JudgeName = keyof typeof judges;
