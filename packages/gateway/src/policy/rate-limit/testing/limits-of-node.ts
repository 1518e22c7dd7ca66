import { createNodeMemory, NodeState } from '../../../state/index.ts';
import type { Capacity } from '../../../state/index.ts';
import type { LimitDemand, LimitRule } from '../limit-store.ts';
import { NodeLimits } from '../node-limits.ts';

/** The limits of a node whose clocks stand still until a test moves them. */
export function limitsOfNode({ workers = 1, ...capacity }: Partial<Capacity> & { workers?: number } = {}) {
  const small = { routes: 4, targets: 4, backends: 4, limits: 1024, slidingLimits: 64, quotas: 64 };
  const memory = createNodeMemory({ workers, capacity: { ...small, ...capacity } });
  /** `wall` is how far the system's clock is ahead of the node's: a whole day, so that windows begin at 0. */
  const time = { now: 1_000, wall: 86_400_000 * 20_000 };
  const clocks = { now: () => time.now, wallClock: () => Math.floor(time.now + time.wall) };
  const states = Array.from({ length: workers }, (_, worker) => new NodeState(memory, worker));
  const stores = states.map((state) => new NodeLimits(state, clocks));
  return { memory, time, clocks, states, stores, store: stores[0] };
}

/** A rule of 10 requests per minute, with these facts instead of the usual ones. */
export function limitRule(facts: Partial<LimitRule> = {}): LimitRule {
  const { type = 'FixedWindow', requests = 10, windowMs = 60_000 } = facts;
  const usual = { id: `orders ${type} ${windowMs} `, burst: requests, isQuota: false, scope: 'node' } as const;
  return { ...usual, type, requests, windowMs, ...facts };
}

/** One demand of a rule. */
export function demand(rule: LimitRule, key = 'a'): readonly LimitDemand[] {
  return [{ rule, key }];
}
