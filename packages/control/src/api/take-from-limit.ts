import type { Operation, OperationLimit } from '@sluice/model/api';
import { addressBlock } from '../access/address-block.ts';
import { identityOf } from '../access/index.ts';
import type { Caller } from './identify.ts';
import { Refusal } from './refusal.ts';
import type { Services } from './services.ts';

interface LimitedRequest {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly address: string;
  readonly isDryRun: boolean;
}

/**
 * Counts a request against the limit of its operation. Dry runs have a limit of their own, so that they do not use up the limit
 * of the changes. Returns the headers about the limit, or throws a Refusal.
 */
export function takeFromLimit(
  { access, limitFactor }: Pick<Services, 'access'> & { readonly limitFactor: number },
  { operation, caller, address, isDryRun }: LimitedRequest,
): Readonly<Record<string, string>> {
  const { limit } = operation;
  if (limit === undefined || limitFactor === 0) return {};
  const { actor } = caller;
  // Unknown callers are counted by address.
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
    message: `At most ${perMinute} such requests a minute are allowed: wait ${verdict.resetSeconds} s.`,
    headers: { ...headers, 'retry-after': String(verdict.resetSeconds) },
  });
}

function minuteOf({ perMinute, viewersPerMinute = perMinute }: OperationLimit, { principal }: Caller): number {
  return principal?.role === 'Viewer' ? viewersPerMinute : perMinute;
}
