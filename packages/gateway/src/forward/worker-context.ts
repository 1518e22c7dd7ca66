import type { Generation, Snapshot } from '../compile/snapshot.ts';
import type { Deadlines } from '../wire/deadlines.ts';
import type { RequestTail } from '../observe/request-tail.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { EntryRedaction } from '../observe/entry-redaction.ts';
import type {
  BreakerState,
  ExemplarWriter,
  NodeState,
  ShareBudget,
  Telemetry,
  VersionCounters,
} from '../state/index.ts';
import type { ExchangeTrace } from '../trace/exchange-trace.ts';
import type { Head } from '../http1/head.ts';
import type { PeerPort } from './client-port.ts';
import type { TracedExchange } from '../trace/traced-exchange.ts';
import type { OwnResponse } from './own-response.ts';

/** How traffic has changed the state of a backend of a route. */
export interface BackendChange {
  readonly route: string;
  readonly backend: string;
  /** Ejected, or the new state of its circuit breaker. */
  readonly what: 'ejected' | BreakerState;
  /** How long that lasts at most, in milliseconds. */
  readonly forMs?: number | undefined;
  /** The failure that caused it. */
  readonly reason?: string | undefined;
  /** The trace of the exchange that was the last straw. */
  readonly traceId: string;
}

/** What a line of the log says of the exchange that it is about. */
export interface LoggedFor {
  readonly traceId: string;
  readonly generation: Pick<Generation, 'revision'>;
}

/** Follows the traces of requests. */
export interface WorkerTracer {
  /** Continues the trace that a request belongs to, or begins one. */
  begin(head: Head, peer: PeerPort): ExchangeTrace;
  /** The exchange has ended, or is not traced after all; the trace must not be read afterwards. */
  end(exchange: TracedExchange, trace: ExchangeTrace): void;
}

/** What all exchanges of a worker share: the current snapshot, and what counts, times and logs. */
export interface WorkerContext {
  /** The current snapshot; exchanges read it once, when they begin. */
  snapshot: Snapshot;
  readonly state: NodeState;
  readonly telemetry: Telemetry;
  readonly versions: VersionCounters;
  /** Undefined when histograms have no exemplars. */
  readonly exemplars: ExemplarWriter | undefined;
  readonly deadlines: Deadlines;
  readonly accessLog: AccessLog;
  /** Tells of requests that have ended; undefined while nobody follows them. */
  tail: RequestTail | undefined;
  /** Takes secrets out of what is logged and traced. */
  readonly redaction: EntryRedaction;
  /** Undefined when nothing is traced. */
  readonly tracer: WorkerTracer | undefined;
  readonly retryBudget: ShareBudget;
  /** The mirrored requests of this worker. */
  readonly mirrored: { inFlight: number };
  /** Set when the gateway stops: responses then say `Connection: close`. */
  draining: boolean;
  /** A new request id, unique over workers and restarts. */
  newRequestId(): string;
  /** The answer of /health, /ready and /live on the proxy port, or undefined for any other path. */
  healthAnswer(path: string): OwnResponse | undefined;
  /** Logs that a policy threw or rejected, which is a bug. */
  policyFailed(policy: string, error: unknown, exchange?: LoggedFor): void;
  /** A backend was ejected, or its circuit breaker changed. */
  backendChanged(change: BackendChange): void;
  /** Logs what helps to understand one exchange; undefined unless the log has the level debug. */
  debug:
    | ((message: string, about: { readonly exchange: LoggedFor; readonly [field: string]: unknown }) => void)
    | undefined;
  /** An exchange of this generation has ended. */
  generationLeft(generation: Snapshot['generation']): void;
}
