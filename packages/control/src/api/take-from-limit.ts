import { perMinuteOf } from '@sluice/model/api';
import type { Operation, OperationLimit } from '@sluice/model/api';
import { addressBlock } from '../access/address-block.ts';
import { identityOf } from '../access/index.ts';
import type { RateLimitVerdict } from '../access/index.ts';
import type { Caller } from './identify.ts';
import { tooMany } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Services } from './services.ts';

interface LimitedRequest {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly address: string;
  readonly isDryRun: boolean;
}

/** A request that was counted. */
export interface CountedRequest {
  /** The headers about the limit. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The request was refused, or had been carried out before: it does not count, and neither do the headers that it returns count
   * it. Such requests have a bound of their own. Requests of callers who are not known always count.
   */
  forgive(): Readonly<Record<string, string>>;
}

interface Limits extends Pick<Services, 'access'> {
  /** The limits are multiplied by it; 0 turns them off. */
  readonly limitFactor: number;
}

/** So many times as many requests may be refused, or be replays, as may be carried out. A refused request is work too. */
const forgivenFactor = 10;
const unlimited: CountedRequest = { headers: {}, forgive: () => ({}) };

/**
 * Counts a request against the limit of its operation. Dry runs have a limit of their own, so that they do not use up the limit
 * of the changes. Throws a Refusal when the limit is reached.
 */
export function takeFromLimit(
  { access: { limits }, limitFactor }: Limits,
  { operation, caller, address, isDryRun }: LimitedRequest,
): CountedRequest {
  const { limit } = operation;
  if (limit === undefined || limitFactor === 0) return unlimited;
  const { actor, principal } = caller;
  // Unknown callers are counted by address.
  const name = actor.kind === 'anonymous' ? `address:${addressBlock(address)}` : identityOf(actor);
  const perMinute = scaled(perMinuteOf(limit, principal?.role), limitFactor);
  const group = isDryRun ? `${limit.group} dry run` : limit.group;
  const most = forgivable(operation, perMinute);
  const forgiven = limits.look(name, forgivenGroup(limit), most);
  if (!forgiven.allowed) throw tooManyForgiven(forgiven);
  const verdict = limits.take(name, group, perMinute);
  if (!verdict.allowed) {
    throw limitReached(`At most ${perMinute} such requests a minute are allowed`, verdict);
  }
  const headers = headersOf(verdict);
  if (operation.auth === 'open') return { headers, forgive: () => headers };
  return {
    headers,
    forgive() {
      limits.giveBack(name, group);
      limits.take(name, forgivenGroup(limit), most);
      return headersOf(limits.look(name, group, perMinute));
    },
  };
}

/** Counts a request of a known caller who may not do this. Throws a Refusal when there were too many of them. */
export function countDenial(
  { access: { limits }, limitFactor }: Limits,
  operation: Operation,
  actor: Caller['actor'],
): void {
  const { limit } = operation;
  if (limit === undefined || limitFactor === 0 || actor.kind === 'anonymous') return;
  const most = forgivable(operation, scaled(limit.perMinute, limitFactor));
  const verdict = limits.take(identityOf(actor), forgivenGroup(limit), most);
  if (!verdict.allowed) throw tooManyForgiven(verdict);
}

function scaled(perMinute: number, factor: number): number {
  return Math.max(1, Math.round(perMinute * factor));
}

/** A whole configuration is much work, also one that is refused. */
function forgivable({ isLarge }: Operation, perMinute: number): number {
  return isLarge === true ? perMinute : perMinute * forgivenFactor;
}

function forgivenGroup({ group }: OperationLimit): string {
  return `${group} forgiven`;
}

function tooManyForgiven(verdict: RateLimitVerdict): Refusal {
  return limitReached(`At most ${verdict.limit} such requests a minute may be refused or repeated`, verdict);
}

function limitReached(what: string, verdict: RateLimitVerdict): Refusal {
  return tooMany(what, verdict.resetSeconds, headersOf(verdict));
}

function headersOf({ limit, remaining, resetSeconds }: RateLimitVerdict): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetSeconds),
  };
}
