import type {
  ErrorCode,
  LimitsConfig,
  MirrorConfig,
  ProxyTimeoutsConfig,
  RetryPolicyConfig,
  SplitSettings,
  Strategy,
  StrategyConfig,
} from '@sluice/model';
import type { BlockList } from 'node:net';
import type { Choose } from '../balance/index.ts';
import type { Authenticator } from '../policy/authentication/authenticator.ts';
import type { LogRule } from '../observe/log-rule.ts';
import type { Held, Policy } from '../policy/policy.ts';
import type { AddressGuard } from '../policy/rate-limit/address-guard.ts';
import type { ShareBudget, TunnelLimits } from '../state/index.ts';
import type { CompiledTracing } from '../trace/sampling.ts';
import type { Matchable, RouteTable } from '../route/index.ts';
import type { ChooseVersion, VersionName } from '../version/choose-version.ts';
import type { CompiledBackend } from './compiled-backend.ts';
import type { PoolLease } from './pool-registry.ts';

/**
 * A `RouteConfig` compiled: everything that depends on configuration alone. While a deployment divides the traffic of a
 * route, each of its versions is one.
 */
export interface CompiledRoute extends Matchable {
  /** The place of its counters in shared memory; that of the route for both versions. */
  readonly slot: number;
  /** The versions to choose from while a deployment runs; only of the route in the table. */
  readonly split: CompiledSplit | undefined;
  /** Which version this is; undefined unless it is one of a split. */
  readonly version: CompiledVersion | undefined;
  readonly backends: readonly CompiledBackend[];
  /** What it holds besides the leases of its backends. */
  readonly held: readonly Held[];
  readonly choose: Choose<CompiledBackend>;
  /** What `choose` was made from: another one can be made that has a state of its own. */
  readonly balance: { readonly strategy: Strategy; readonly strategyConfig: StrategyConfig | undefined };
  /** Finds out who sends a request; undefined on a route without authentication. */
  readonly authenticator: Authenticator | undefined;
  /** Names of fields that only the gateway may set, in the form of `looseName`; undefined if there are none. */
  readonly identityHeaders: ReadonlySet<string> | undefined;
  /** The policies that look at requests, in stage order; undefined when there is none (perf: nothing is built then). */
  readonly requestPolicies: readonly Policy[] | undefined;
  /** The policies that look at responses, in reverse order. */
  readonly responsePolicies: readonly Policy[] | undefined;
  /** The policies that look at requests which the gateway answers itself; undefined when there is none. */
  readonly ownAnswerPolicies: readonly Policy[] | undefined;
  /** What may refuse a request before anybody looks at its credentials. */
  readonly addressGuard: AddressGuard['onRequest'] | undefined;
  /** Bit mask over `Field`: the classes of fields in responses of backends that the gateway writes itself. */
  readonly dropFromResponses: number;
  /** Milliseconds from the end of the request until the response must have begun. */
  readonly timeoutMs: number;
  /** Milliseconds for the whole exchange; 0 = no limit. */
  readonly maxDurationMs: number;
  /** How long an answer under way may pause, in milliseconds; 0 = as long as its backend and its kind have it. */
  readonly streamIdleMs: number;
  /** Largest request body in bytes; 0 = no limit. */
  readonly maxBodyBytes: number;
  /** Whether backends get the path byte by byte as it came. */
  readonly rawPath: boolean;
  readonly preserveHost: boolean;
  readonly webSocket: boolean;
  readonly tunnelLimits: TunnelLimits;
  readonly retry: RetryPolicyConfig | undefined;
  /** Which of its exchanges the access log has. */
  readonly logRule: LogRule;
  /** The pattern as it was written, for traces. */
  readonly patternText: string;
  /** Which of its requests are traced; undefined if none is. */
  readonly tracing: CompiledTracing | undefined;
  /** The error when no backend is usable. */
  whyUnusable(): Extract<ErrorCode, 'CIRCUIT_OPEN' | 'NO_BACKEND_AVAILABLE'>;
}

/** What makes a route a version. */
export interface CompiledVersion {
  readonly name: VersionName;
  readonly deploymentId: string;
  /** Where exchanges on it are counted in shared memory, within one epoch. */
  readonly slot: number;
  /** Ready-made response field that names the version, or '' when the revision is not exposed. */
  readonly field: string;
  /** How requests are mirrored to the candidate; only of the stable version. */
  readonly mirror: CompiledMirror | undefined;
}

/** A route that is one of two versions. */
export interface VersionedRoute extends CompiledRoute {
  readonly version: CompiledVersion;
}

/** Which requests of the stable version are mirrored to the candidate, and what the mirrored requests run on. */
export interface CompiledMirror extends MirrorConfig {
  readonly candidate: VersionedRoute;
  /** The choice among the candidate's backends. It has its own state, apart from that of real requests. */
  readonly choose: Choose<CompiledBackend>;
  /** The candidate's policies that transform a request. Those that admit or limit have seen the real one. */
  readonly policies: readonly Policy[];
  /** Pools that no real request uses, by backend of the candidate. They are given back when the split ends. */
  readonly leases: ReadonlyMap<CompiledBackend, PoolLease>;
  readonly retryBudget: ShareBudget;
}

/** The two versions of a route, and which request goes to which. */
export interface CompiledSplit {
  readonly choose: ChooseVersion;
  /** What `choose` was made from. */
  readonly settings: SplitSettings;
  readonly stable: VersionedRoute;
  readonly candidate: VersionedRoute;
  /** The name of the cookie that keeps users at their version, when the gateway sets one. */
  readonly cookie: string | undefined;
  /** A digest of what each version was compiled from, to find versions that did not change. */
  readonly sources: Readonly<Record<VersionName, string>>;
}

/** The proxy's settings in the form in which the data plane reads them. */
export interface ProxySettings {
  readonly limits: LimitsConfig;
  readonly timeouts: ProxyTimeoutsConfig;
  readonly maxConcurrentRequests: number;
  readonly connectionLimits: { readonly total: number; readonly perAddress: number };
  readonly trustedProxies: BlockList | undefined;
  /** Bit mask over `Field`: the classes of request fields that never reach a backend from an untrusted peer. */
  readonly dropFromRequests: number;
  readonly retryBudget: number;
  /** Which requests without a route the access log has. */
  readonly logRule: LogRule;
  /** Answer /health, /ready and /live on the proxy port. */
  readonly health: boolean;
  /** Ready-made response fields: the revision, when it is exposed. */
  readonly revisionField: string;
}

/** The compiled, immutable configuration that the data plane runs. */
export interface Snapshot {
  readonly revision: number;
  readonly table: RouteTable<CompiledRoute>;
  readonly settings: ProxySettings;
  /** Counts the exchanges that still use the slots of this snapshot. */
  readonly generation: Generation;
}

/** Counts the exchanges on one snapshot, so that its slots are not reused too early. */
export interface Generation {
  /** Grows by one with each swap, unlike the revision. */
  readonly number: number;
  readonly revision: number;
  inUse: number;
}
