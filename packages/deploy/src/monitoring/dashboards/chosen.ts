import { combine } from '@sluice/model/metrics';
import type { Period, Query } from '@sluice/model/metrics';

/** Over which rates are taken: Grafana fits it to the zoom and the interval of the scrapes. */
export const window: Period = '$__rate_interval';

/** The processes that the variables `job` and `instance` choose. */
export const chosen = { job: { matching: '$job' }, instance: { matching: '$instance' } } as const;

/** All processes of those gateways. */
export const ofJob = { job: chosen.job } as const;

/** The one process that the variable `instance` chooses, where it is one. */
export const ofNode = { ...ofJob, instance: '$instance' } as const;

/** How much of `whole` is `part`: 0 when there is no such part, and absent without a whole, which has no shares. */
export function shareOf<Label extends string>(part: Query<Label>, whole: Query<NoInfer<Label>>): Query<Label> {
  return combine(combine(part, 'or', combine(whole, '*', 0)), '/', combine(whole, '>', 0));
}

/** How much of `total` there is for each of `count`: absent where nothing was counted, which has no mean. */
export function meanOf<Label extends string>(total: Query<Label>, count: Query<NoInfer<Label>>): Query<Label> {
  return combine(total, '/', combine(count, '>', 0));
}
