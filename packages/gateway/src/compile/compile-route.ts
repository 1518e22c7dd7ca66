import type { ProxyConfig } from '@sluice/model';
import { compileSplit } from './compile-split.ts';
import { compileVersion } from './compile-version.ts';
import type { CompileContext } from './compile-version.ts';
import type { RoutePlan } from './plan.ts';
import type { CompiledRoute } from './snapshot.ts';

/**
 * Compiles a route: its one version, or both while a deployment runs. `before` is what ran until now, of which a split
 * takes over the versions that did not change.
 */
export function compileRoute(
  plan: RoutePlan,
  proxy: ProxyConfig,
  context: CompileContext,
  before?: CompiledRoute,
): CompiledRoute {
  const { config, slot, places, split } = plan;
  if (config.split === undefined || split === undefined) {
    return compileVersion({ config, slot, limit: slot, places }, proxy, context);
  }
  return compileSplit({ ...plan, split }, config.split, { proxy, context, before: before?.split });
}

/** What takes the place of a route that cannot be compiled: the same requests, no backends. */
export function compileStandIn(
  { config, slot }: RoutePlan,
  proxy: ProxyConfig,
  context: CompileContext,
): CompiledRoute {
  const { transformations: _transformations, split: _split, strategyConfig: _strategyConfig, ...match } = config;
  const bare = { ...match, backends: [], maxConcurrentRequests: 0 };
  return compileVersion({ config: bare, slot, limit: slot, places: [] }, proxy, context);
}
