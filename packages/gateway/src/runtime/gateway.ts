import type { Explanation, FollowedRequests, GatewayConfig, RequestFilter } from '@sluice/model';
import type { ConfigProblem, Logger, LogLevels, Redaction } from '@sluice/service';
import type { SpanSink } from '@sluice/service/otlp';
import type { Question } from '../explain/explain.ts';
import type { ProbeResult } from '../health/index.ts';
import type { ConsumerRegistry } from '../state/index.ts';
import type { GatewayStatus } from './gateway-status.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** The level of that log, which workers follow; by default the one of the configuration. */
  readonly logLevels?: LogLevels | undefined;
  /** What that log hides, and workers too. It learns the secrets of routes. */
  readonly redaction?: Redaction | undefined;
  /** Shown by /version. */
  readonly version: string;
  /** The revision of the configuration; 1 when the gateway numbers revisions by itself. */
  readonly revision?: number | undefined;
  /** Where key sets are kept, so that a start does without their hosts; without it, nothing is kept. */
  readonly keySetsFile?: string | undefined;
  /** Where traces go; without it they are followed and not recorded. */
  readonly spans?: SpanSink | undefined;
  /** Called when the status can be read, before a port opens. When it rejects, so does the start. */
  readonly opening?: ((gateway: Gateway) => Promise<void>) | undefined;
}

export interface ApplyOptions {
  /**
   * The revision of the configuration, greater or smaller than the one that runs. Without it the gateway counts. A function
   * is called when the swap is prepared, and records the change; when it rejects, nothing goes live.
   */
  readonly revision?: number | (() => Promise<number | undefined>) | undefined;
}

export interface ApplyResult {
  /** False when the configuration equals the current one, which then runs on under the given revision, if any. */
  readonly changed: boolean;
  /** The revision that is live now. */
  readonly revision: number;
  /** Keys whose change takes effect only after a restart. */
  readonly restartNeeded: readonly string[];
}

/** The result of a check of one backend. */
export interface CheckedBackend {
  readonly backendId: string;
  readonly result: ProbeResult;
}

/** Where something listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A running gateway: one node. */
export interface Gateway {
  /**
   * Makes a configuration live on all workers in one swap. Rejects with a RefusedError, and its `problems`, when it cannot;
   * the current one then stays.
   */
  apply(config: GatewayConfig, options?: ApplyOptions): Promise<ApplyResult>;
  /**
   * Runs the health checks of these backends now, or of all. The results count like those of any other check. Never
   * rejects.
   */
  checkHealth(backendIds?: readonly string[]): Promise<readonly CheckedBackend[]>;
  /** What would happen to a request: nothing is sent, and nothing is counted. Rejects when no worker can tell. */
  explain(question: Question): Promise<Explanation>;
  /**
   * Tells of requests that have ended, as the access log would have them, until the function that it returns is called. Entries
   * are made only while somebody follows.
   */
  follow(filter: RequestFilter, listener: (news: FollowedRequests) => void): () => void;
  /** Counts a configuration that was refused before it came here, and shows it in /health until a good one comes. */
  refuse(problems: readonly ConfigProblem[]): void;
  /**
   * Makes /ready answer 503 on every port, so that load balancers pass the node by, or ends that. The node serves whatever
   * still comes.
   */
  standAside(isWanted: boolean): void;
  /** Opens the access log anew by its name, after it was moved away. */
  reopenLogs(): void;
  readonly revision: number;
  readonly addresses: {
    readonly proxy?: ListenAddress;
    readonly tls?: ListenAddress;
  };
  /** The consumers that requests may come from: what is written here, all workers know at once. */
  readonly consumers: ConsumerRegistry;
  /** What the management port and reports show of the gateway. */
  readonly status: GatewayStatus;
  /** Stops accepting, lets exchanges finish for at most `drainMs`, and ends. May be called again. */
  close(options: { readonly drainMs: number }): Promise<void>;
}
