import type {
  AuthenticationConfig,
  BackendTimeoutsConfig,
  ProxyConfig,
  RouteConfig,
  TracingConfig,
} from '@sluice/model';
import { parsePathPattern } from '@sluice/model/path-pattern';
import { Field } from '../http1/field-names.ts';
import { createChoose } from '../balance/index.ts';
import type { Authenticator } from '../policy/authentication/authenticator.ts';
import type { ConsumerLookup } from '../policy/authentication/consumer-lookup.ts';
import type { KeptParts } from '../policy/kept-parts.ts';
import { OwnPolicy } from '../policy/own/own-policy.ts';
import type { PolicyModules } from '../policy/policy-modules.ts';
import type { AllFetchedKeys } from '../policy/authentication/jwt/fetched-keys.ts';
import { compileLogRule } from '../observe/log-rule.ts';
import { isAddressGuard } from '../policy/rate-limit/address-guard.ts';
import type { LimitStores } from '../policy/rate-limit/scoped-limits.ts';
import type { SecretTexts } from '../policy/secret-texts.ts';
import type { NodeState } from '../state/index.ts';
import { compileTracing } from '../trace/sampling.ts';
import { identityHeaders } from '../policy/identity-headers.ts';
import { compileAuthenticator } from './compile-authenticator.ts';
import { compilePolicies } from './compile-policies.ts';
import { CompiledBackend } from './compiled-backend.ts';
import type { BackendSlots } from './plan.ts';
import type { PoolRegistry } from './pool-registry.ts';
import type { CompiledRoute } from './snapshot.ts';

/** The default of `readTimeout`, in milliseconds. */
export const defaultReadTimeoutMs = 30_000;

/** What compiling needs besides the configuration. */
export interface CompileContext {
  readonly state: NodeState;
  readonly pools: PoolRegistry;
  /** By default none are known. */
  readonly secrets?: SecretTexts;
  /** The files that policies name; by default none are known. */
  readonly texts?: SecretTexts;
  /** What policies keep over a swap; by default nothing is kept. */
  readonly parts?: KeptParts;
  /** By default those of the node. */
  readonly consumers?: ConsumerLookup;
  /** The methods of the other version, which are this one's too if they are the same. */
  readonly authenticator?: Authenticator | undefined;
  /** What was loaded for policies; by default nothing. */
  readonly modules?: PolicyModules;
  /** The key sets that the main thread fetches; by default none are. */
  readonly fetched?: AllFetchedKeys;
  /** How requests are traced; by default they are not. */
  readonly tracing?: TracingConfig | undefined;
  /** Where callers are counted against rate limits. */
  readonly limits?: LimitStores;
  /** The node's clock, coarse, in milliseconds. */
  now(): number;
}

/** What one version of a route is compiled from: its configuration and its slots. */
export interface VersionParts {
  readonly config: RouteConfig;
  /** Where its requests are counted. */
  readonly slot: number;
  /** Where its requests in flight are counted. */
  readonly limit: number;
  readonly places: readonly BackendSlots[];
  /** How the other version of the route finds out who sends a request. */
  readonly otherAuthentication?: AuthenticationConfig | undefined;
  /** Where its policies of the user's own count. */
  readonly policies?: readonly number[] | undefined;
  /** Whether people log in at any route of the node. */
  readonly hasLogins?: boolean | undefined;
  /** The slots of targets that its failures do not eject. */
  readonly spared?: ReadonlySet<number>;
}

/** Compiles a version of a route: everything that depends on configuration alone. */
export function compileVersion(parts: VersionParts, proxy: ProxyConfig, context: CompileContext): CompiledRoute {
  const { config, slot, limit, otherAuthentication, hasLogins, policies: policySlots } = parts;
  // Before any lease is taken, since this may throw.
  const pattern = parsePathPattern(config.pathPattern);
  const authenticator = compileAuthenticator(config, context);
  const policies = compilePolicies(config, {
    ...context,
    slot,
    policySlots,
    limitSlot: limit,
    authenticator,
    otherAuthentication,
    hasLogins,
  });
  const held = policies.filter((policy) => policy instanceof OwnPolicy);
  const onRequest = policies.filter((policy) => policy.onRequest !== undefined);
  const onResponse = policies.filter((policy) => policy.onResponse !== undefined).toReversed();
  const onOwnAnswer = policies.filter((policy) => policy.onOwnAnswer !== undefined);
  const backends = withRelease({ backends: [], held }, context, () => compileBackends(parts, context));
  const choose = withRelease({ backends, held }, context, () =>
    createChoose(config.strategy, backends, { strategyConfig: config.strategyConfig }),
  );
  return {
    name: config.name,
    pattern,
    methods: config.methods,
    hosts: config.hosts,
    headers: config.headers,
    query: config.query,
    priority: config.priority,
    slot,
    split: undefined,
    version: undefined,
    backends,
    held,
    choose,
    balance: { strategy: config.strategy, strategyConfig: config.strategyConfig },
    authenticator,
    identityHeaders: identityHeaders(config.authentication, otherAuthentication),
    requestPolicies: onRequest.length === 0 ? undefined : onRequest,
    responsePolicies: onResponse.length === 0 ? undefined : onResponse,
    ownAnswerPolicies: onOwnAnswer.length === 0 ? undefined : onOwnAnswer,
    addressGuard: policies.find(isAddressGuard)?.onRequest,
    dropFromResponses: config.rateLimit === undefined ? 0 : 1 << Field.rateLimit,
    timeoutMs: config.timeoutSeconds * 1000,
    maxDurationMs: (config.maxDurationSeconds ?? 0) * 1000,
    streamIdleMs: (config.streamIdleSeconds ?? 0) * 1000,
    maxBodyBytes: config.maxBodyBytes ?? proxy.limits.maxBodyBytes,
    rawPath: config.path === 'raw',
    preserveHost: config.preserveHost,
    webSocket: config.webSocket,
    tunnelLimits: { total: config.maxWebSockets, perAddress: config.maxWebSocketsPerAddress },
    retry: config.retryPolicy,
    logRule: compileLogRule(proxy.accessLog, config.accessLog),
    patternText: config.pathPattern,
    tracing: compileTracing(context.tracing, config.tracing),
    whyUnusable: () => (backends.some((backend) => backend.circuitRefuses()) ? 'CIRCUIT_OPEN' : 'NO_BACKEND_AVAILABLE'),
  };
}

/** Gives back what a route holds if `compile` fails. */
export function withRelease<T>(
  { backends, held }: Pick<CompiledRoute, 'backends' | 'held'>,
  { pools }: Pick<CompileContext, 'pools'>,
  compile: () => T,
): T {
  try {
    return compile();
  } catch (error) {
    for (const { lease } of backends) pools.giveBack(lease);
    for (const policy of held) policy.giveBack();
    throw error;
  }
}

function compileBackends(parts: VersionParts, { state, pools, now }: CompileContext): CompiledBackend[] {
  const { config, places, spared } = parts;
  const around = { state, now, slots: places.map((place) => place.target) };
  return config.backends.map((backend, index) => {
    const url = new URL(backend.url);
    const { target, backend: slot, breaker: breakerSlot = slot } = places[index];
    const compiled = {
      name: backend.name,
      weight: backend.weight,
      isEnabled: backend.isEnabled,
      targetSlot: target,
      slot,
      breakerSlot,
      lease: pools.lease(backend, url),
      origin: url.origin,
      basePath: url.pathname.replace(/\/+$/, ''),
      authority: url.host,
      timeouts: patientTimeouts(backend.timeouts, config.timeoutSeconds * 1000),
      breaker: config.circuitBreaker,
      ejection: config.ejection,
      mayEject: config.ejection.consecutiveFailures > 0 && spared?.has(target) !== true,
    };
    return new CompiledBackend(compiled, around);
  });
}

/** A route timeout above the default of `readTimeout` raises that default, so that it need not be set twice. */
function patientTimeouts(timeouts: BackendTimeoutsConfig, timeoutMs: number): BackendTimeoutsConfig {
  return timeouts.readTimeout === defaultReadTimeoutMs && timeoutMs > defaultReadTimeoutMs
    ? { ...timeouts, readTimeout: timeoutMs }
    : timeouts;
}
