import type { MirrorConfig, RouteConfig } from '@sluice/model';
import { createChoose } from '../balance/index.ts';
import { ShareBudget } from '../state/index.ts';
import type { PoolRegistry } from './pool-registry.ts';
import type { CompiledMirror, VersionedRoute } from './snapshot.ts';

/** The most mirrored requests in flight on one worker. */
export const maxMirrored = 64;

/** The version that gets the mirrored requests. */
export interface MirroredVersion {
  /** The candidate as it runs, and what it was compiled from. */
  readonly candidate: VersionedRoute;
  readonly config: RouteConfig;
}

/** Compiles what mirrored requests run on. They share nothing with real requests, which so never notice them. */
export function compileMirror(
  { percentage, unsafeMethods }: MirrorConfig,
  { candidate, config }: MirroredVersion,
  pools: PoolRegistry,
): CompiledMirror {
  const { backends, requestPolicies = [] } = candidate;
  // Before any lease is taken, since this may throw.
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
    retryBudget: new ShareBudget(),
  };
}
