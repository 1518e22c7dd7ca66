import type { ErrorCode, LimitsConfig, ProxyTimeoutsConfig, RetryPolicyConfig } from '@sluice/model';
import type { BlockList } from 'node:net';
import type { Choose } from '../balance/index.ts';
import type { Policy } from '../policy/policy.ts';
import type { Matchable, RouteTable } from '../route/index.ts';
import type { CompiledBackend } from './compiled-backend.ts';

/** What runs for one `RouteConfig`: everything that depends on configuration alone, worked out beforehand. */
export interface CompiledRoute extends Matchable {
  /** The place of its counters in shared memory. */
  readonly slot: number;
  readonly backends: readonly CompiledBackend[];
  readonly choose: Choose<CompiledBackend>;
  /** The policies that look at requests, in stage order; undefined when there is none (perf: nothing is built then). */
  readonly requestPolicies: readonly Policy[] | undefined;
  /** The policies that look at responses, in reverse order. */
  readonly responsePolicies: readonly Policy[] | undefined;
  /** Milliseconds from the end of the request until the response must have begun. */
  readonly timeoutMs: number;
  /** Milliseconds for the whole exchange; 0 = no limit. */
  readonly maxDurationMs: number;
  /** Largest request body in bytes; 0 = no limit. */
  readonly maxBodyBytes: number;
  readonly preserveHost: boolean;
  readonly webSocket: boolean;
  readonly retry: RetryPolicyConfig | undefined;
  /** What no usable backend means: an open circuit or none available. */
  whyUnusable(): Extract<ErrorCode, 'CIRCUIT_OPEN' | 'NO_BACKEND_AVAILABLE'>;
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
  /** Exchanges that still need what this snapshot's routes hold in shared memory. */
  readonly generation: Generation;
}

/** Counts what still runs on one snapshot, so that its slots are not reused too early. */
export interface Generation {
  /** Grows with each swap, unlike the revision. */
  readonly number: number;
  readonly revision: number;
  inUse: number;
}
