import type { ProxyConfig } from '@sluice/model';
import { compileSplit } from './compile-split.ts';
import { compileVersion } from './compile-version.ts';
import type { CompileContext } from './compile-version.ts';
import type { RoutePlan } from './plan.ts';
import type { CompiledRoute } from './snapshot.ts';

/**
 * Compiles a route: its one version, or both while a deployment runs. A split takes over the versions of `before`, which ran
 * until now, that did not change.
 */
export function compileRoute(
  plan: RoutePlan,
  proxy: ProxyConfig,
  context: CompileContext,
  before?: CompiledRoute,
): CompiledRoute {
  const { config, slot, places, policies, split, hasLogins } = plan;
  if (config.split === undefined || split === undefined) {
    return compileVersion({ config, slot, limit: slot, places, policies, hasLogins }, proxy, context);
  }
  return compileSplit({ ...plan, split }, config.split, { proxy, context, before: before?.split });
}

/** Compiles what replaces a route that cannot be compiled: it matches the same requests and has no backends. */
export function compileStandIn(
  { config, slot }: RoutePlan,
  proxy: ProxyConfig,
  context: CompileContext,
): CompiledRoute {
  const {
    authentication: _authentication,
    authorization: _authorization,
    policies: _policies,
    transformations: _transformations,
    split: _split,
    strategyConfig: _strategyConfig,
    ...match
  } = config;
  const bare = { ...match, backends: [], maxConcurrentRequests: 0 };
  return compileVersion({ config: bare, slot, limit: slot, places: [] }, proxy, context);
}
