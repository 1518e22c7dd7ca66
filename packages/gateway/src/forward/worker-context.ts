import type { Snapshot } from '../compile/snapshot.ts';
import type { Deadlines } from '../wire/deadlines.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { BreakerState, NodeState, Telemetry, VersionCounters } from '../state/index.ts';
import type { OwnResponse } from './own-response.ts';
import type { RetryBudget } from '../upstream/retry.ts';

/** What traffic has brought about at a backend of a route. */
export interface BackendChange {
  readonly route: string;
  readonly backend: string;
  /** It is put aside, or the state that its breaker is in now. */
  readonly what: 'ejected' | BreakerState;
  /** How long that lasts at most, in milliseconds. */
  readonly forMs?: number | undefined;
  /** The last of the failures that did it. */
  readonly reason?: string | undefined;
}

/** What the data plane of one worker shares: the current snapshot and the means to count, time and log. */
export interface WorkerContext {
  /** The current snapshot; exchanges read it once, when they begin. */
  snapshot: Snapshot;
  readonly state: NodeState;
  readonly telemetry: Telemetry;
  readonly versions: VersionCounters;
  readonly deadlines: Deadlines;
  readonly accessLog: AccessLog;
  readonly retryBudget: RetryBudget;
  /** The copies of requests that this worker has under way. */
  readonly mirrored: { inFlight: number };
  /** Set when the gateway stops: responses then say `Connection: close`. */
  draining: boolean;
  /** A new request id, unique over workers and restarts. */
  newRequestId(): string;
  /** The answer of /health, /ready and /live on the proxy port, or undefined for any other path. */
  healthAnswer(path: string): OwnResponse | undefined;
  /** A policy threw or rejected: a bug, to be logged. */
  policyFailed(policy: string, error: unknown): void;
  /** A backend was put aside by failing traffic, or its circuit breaker changed. */
  backendChanged(change: BackendChange): void;
  /** An exchange on this snapshot has ended. */
  generationLeft(generation: Snapshot['generation']): void;
}
