import type { Operation, OperationLimit } from '@sluice/model/api';
import { addressBlock } from '../access/address-block.ts';
import { identityOf } from '../access/index.ts';
import type { Caller } from './identify.ts';
import { Refusal } from './refusal.ts';
import type { OperationRunner } from './run-operation.ts';

/** What is counted. */
interface LimitedRequest {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly address: string;
  readonly isDryRun: boolean;
}

/**
 * Counts a request against the limit of its operation, dry runs by themselves: whoever looks first can still act. Gives the
 * headers that tell of it, or throws a Refusal.
 */
export function takeFromLimit(
  { access, limitFactor }: Pick<OperationRunner, 'access' | 'limitFactor'>,
  { operation, caller, address, isDryRun }: LimitedRequest,
): Readonly<Record<string, string>> {
  const { limit } = operation;
  if (limit === undefined || limitFactor === 0) return {};
  const { actor } = caller;
  // Who is not known is counted by address.
  const name = actor.kind === 'anonymous' ? `address:${addressBlock(address)}` : identityOf(actor);
  const perMinute = Math.max(1, Math.round(minuteOf(limit, caller) * limitFactor));
  const group = isDryRun ? `${limit.group} dry run` : limit.group;
  const verdict = access.limits.take(name, group, perMinute);
  const headers = {
    'x-ratelimit-limit': String(verdict.limit),
    'x-ratelimit-remaining': String(verdict.remaining),
    'x-ratelimit-reset': String(verdict.resetSeconds),
  };
  if (verdict.allowed) return headers;
  throw new Refusal('RATE_LIMIT_EXCEEDED', {
    message: `At most ${perMinute} such requests a minute: wait ${verdict.resetSeconds} s.`,
    headers: { ...headers, 'retry-after': String(verdict.resetSeconds) },
  });
}

function minuteOf({ perMinute, viewersPerMinute = perMinute }: OperationLimit, { principal }: Caller): number {
  return principal?.role === 'Viewer' ? viewersPerMinute : perMinute;
}
