import type { BackendTimeoutsConfig, ProxyConfig, RouteConfig } from '@sluice/model';
import { parsePathPattern } from '@sluice/model/path-pattern';
import { createChoose } from '../balance/index.ts';
import { headerEdits } from '../policy/header-edits.ts';
import { inFlightLimit } from '../policy/in-flight-limit.ts';
import { pathRewrite } from '../policy/path-rewrite.ts';
import { policyStages, type Policy } from '../policy/policy.ts';
import type { NodeState } from '../state/index.ts';
import { CompiledBackend } from './compiled-backend.ts';
import type { RoutePlan } from './plan.ts';
import type { PoolRegistry } from './pool-registry.ts';
import type { CompiledRoute } from './snapshot.ts';

/** The default of `readTimeout`. */
const USUAL_SILENCE_MS = 30_000;

/** What compiling needs besides the configuration. */
export interface CompileContext {
  readonly state: NodeState;
  readonly pools: PoolRegistry;
  /** The node's clock, coarse, in milliseconds. */
  now(): number;
}

/** Works out everything about a route that depends on configuration alone. */
export function compileRoute(plan: RoutePlan, proxy: ProxyConfig, context: CompileContext): CompiledRoute {
  const { config, slot } = plan;
  // What may throw comes before what takes leases.
  const pattern = parsePathPattern(config.pathPattern);
  const policies = compilePolicies(config, slot, context.state);
  const onRequest = policies.filter((policy) => policy.onRequest !== undefined);
  const onResponse = policies.filter((policy) => policy.onResponse !== undefined).toReversed();
  const backends = compileBackends(plan, context);
  return {
    name: config.name,
    pattern,
    methods: config.methods,
    hosts: config.hosts,
    headers: config.headers,
    query: config.query,
    priority: config.priority,
    slot,
    backends,
    choose: createChoose(config.strategy, backends, { strategyConfig: config.strategyConfig }),
    requestPolicies: onRequest.length === 0 ? undefined : onRequest,
    responsePolicies: onResponse.length === 0 ? undefined : onResponse,
    timeoutMs: config.timeoutSeconds * 1000,
    maxDurationMs: (config.maxDurationSeconds ?? 0) * 1000,
    maxBodyBytes: config.maxBodyBytes ?? proxy.limits.maxBodyBytes,
    preserveHost: config.preserveHost,
    webSocket: config.webSocket,
    retry: config.retryPolicy,
    whyUnusable: () => (backends.some((backend) => backend.circuitRefuses()) ? 'CIRCUIT_OPEN' : 'NO_BACKEND_AVAILABLE'),
  };
}

function compileBackends({ config, places }: RoutePlan, { state, pools, now }: CompileContext): CompiledBackend[] {
  const around = { state, now, slots: places.map((place) => place.slot) };
  return config.backends.map((backend, index) => {
    const url = new URL(backend.url);
    const parts = {
      name: backend.name,
      weight: backend.weight,
      isEnabled: backend.isEnabled,
      slot: places[index].slot,
      link: places[index].link,
      lease: pools.lease(backend, url),
      basePath: url.pathname.replace(/\/+$/, ''),
      authority: url.host,
      timeouts: patientTimeouts(backend.timeouts, config.timeoutSeconds * 1000),
      breaker: config.circuitBreaker,
      ejection: config.ejection,
    };
    return new CompiledBackend(parts, around);
  });
}

/** A route that gives its backends longer than the usual silence means it, without having to say so twice. */
function patientTimeouts(timeouts: BackendTimeoutsConfig, timeoutMs: number): BackendTimeoutsConfig {
  return timeouts.readTimeout === USUAL_SILENCE_MS && timeoutMs > USUAL_SILENCE_MS
    ? { ...timeouts, readTimeout: timeoutMs }
    : timeouts;
}

/** The policies of a route in stage order. A new policy is a file in `policy/` and a line here. */
function compilePolicies(config: RouteConfig, slot: number, state: NodeState): Policy[] {
  const { transformations } = config;
  const policies: (Policy | undefined)[] = [
    config.maxConcurrentRequests > 0 ? inFlightLimit(state, slot, config.maxConcurrentRequests) : undefined,
    transformations?.request.rewritePath === undefined ? undefined : pathRewrite(transformations.request.rewritePath),
    transformations === undefined ? undefined : headerEdits(transformations),
  ];
  return policies
    .filter((policy) => policy !== undefined)
    .toSorted((a, b) => policyStages.indexOf(a.stage) - policyStages.indexOf(b.stage));
}
