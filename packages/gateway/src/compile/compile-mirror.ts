import type { MirrorConfig, RouteConfig } from '@sluice/model';
import { createChoose } from '../balance/index.ts';
import { RetryBudget } from '../upstream/retry.ts';
import type { PoolRegistry } from './pool-registry.ts';
import type { CompiledMirror, VersionedRoute } from './snapshot.ts';

/** Copies in flight on one worker at most; more are not made. */
export const maxMirrored = 64;

/** What copies are made for. */
export interface MirroredVersion {
  /** The candidate as it runs, and what it was compiled from. */
  readonly candidate: VersionedRoute;
  readonly config: RouteConfig;
}

/** Compiles what copies of requests run on: all of it apart from what real requests run on, so that these never notice. */
export function compileMirror(
  { percentage, unsafeMethods }: MirrorConfig,
  { candidate, config }: MirroredVersion,
  pools: PoolRegistry,
): CompiledMirror {
  const { backends, requestPolicies = [] } = candidate;
  // What may throw comes before what takes leases.
  const choose = createChoose(config.strategy, backends, { strategyConfig: config.strategyConfig });
  const leases = backends.map((backend, index) => {
    const own = config.backends[index];
    const maxSize = Math.min(own.connectionPool.maxSize, maxMirrored);
    const connectionPool = { ...own.connectionPool, minSize: 0, maxSize };
    return [backend, pools.leaseForMirror({ ...own, connectionPool })] as const;
  });
  return {
    percentage,
    unsafeMethods,
    candidate,
    choose,
    policies: requestPolicies.filter(({ stage }) => stage === 'transform'),
    leases: new Map(leases),
    retryBudget: new RetryBudget(),
  };
}
