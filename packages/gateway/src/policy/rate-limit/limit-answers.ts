import type { LimitedKind } from '../../state/index.ts';
import type { PolicyAnswer } from '../policy.ts';
import type { LimitRule, LimitStanding } from './limit-store.ts';

/** The limit that keeps the caller longest, or else the one of which the least is left. */
export function tightest(standings: readonly LimitStanding[]): number {
  let at = 0;
  for (let i = 1; i < standings.length; i++) {
    const [one, other] = [standings[at], standings[i]];
    const longer = other.retryAfterMs - one.retryAfterMs;
    const fewer = one.remaining - other.remaining;
    if (longer > 0 || (longer === 0 && (fewer > 0 || (fewer === 0 && other.resetMs > one.resetMs)))) at = i;
  }
  return at;
}

/** The answer to a request that comes too early. */
export function refusal({ retryAfterMs }: Pick<LimitStanding, 'retryAfterMs'>): PolicyAnswer {
  return { error: 'RATE_LIMIT_EXCEEDED', headers: [['Retry-After', String(seconds(retryAfterMs))]] };
}

/** As what a refusal by a rule is counted. */
export function kindOf({ type, isQuota }: LimitRule): LimitedKind {
  return isQuota ? 'dailyQuota' : type;
}

/** Whole seconds, rounded up: a client that waits so long does not come too early. */
export function seconds(milliseconds: number): number {
  return Math.max(0, Math.ceil(milliseconds / 1000));
}
