import type { GatewayConfig, Problem } from '@sluice/model';
import type { Logger } from '@sluice/service';
import type { ProbeResult } from '../health/index.ts';
import type { GatewayStatus } from './gateway-status.ts';

/** What a gateway starts with. */
export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** Shown by /version. */
  readonly version: string;
  /** The revision that the configuration is shown under; 1 when the node counts by itself. */
  readonly revision?: number | undefined;
  /** Called once the status can be asked, and before a door opens; when it rejects, so does the start. */
  readonly opening?: ((gateway: Gateway) => Promise<void>) | undefined;
}

/** How a configuration is applied. */
export interface ApplyOptions {
  /**
   * The revision it is shown under, greater or smaller than the one that runs; counted by the node when left out. A function
   * is called once all is prepared, and records the change: when it rejects, nothing goes live.
   */
  readonly revision?: number | (() => Promise<number | undefined>) | undefined;
}

/** What became of a configuration. */
export interface ApplyResult {
  /** False when it says the same as the current one, which then runs on, under the given revision if there is one. */
  readonly changed: boolean;
  /** What is live now. */
  readonly revision: number;
  /** Keys whose change takes effect only after a restart. */
  readonly restartNeeded: readonly string[];
}

/** What a check that was asked for has found. */
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
   * Makes a configuration live on all workers by one swap. Rejects with a RefusedError (and its `problems`) when it
   * cannot; the current one then stays.
   */
  apply(config: GatewayConfig, options?: ApplyOptions): Promise<ApplyResult>;
  /**
   * Checks these backends now, or all, as far as they have a health check, and counts what is found like any other check.
   * Never rejects.
   */
  checkHealth(backendIds?: readonly string[]): Promise<readonly CheckedBackend[]>;
  /** Counts a configuration that was refused elsewhere, and shows it in /health until a good one comes. */
  refuse(problems: readonly Problem[]): void;
  /**
   * Lets /ready say 503 on every port, so that load balancers pass the node by, or not any more. What comes all the same
   * is served.
   */
  standAside(isWanted: boolean): void;
  /** Opens the access log anew by its name, after it was moved away. */
  reopenLogs(): void;
  readonly revision: number;
  readonly addresses: {
    readonly proxy?: ListenAddress;
    readonly tls?: ListenAddress;
  };
  /** What the management port tells of the node. */
  readonly status: GatewayStatus;
  /** Stops accepting, lets what runs finish for at most `drainMs`, and ends. May be called again. */
  close(options: { readonly drainMs: number }): Promise<void>;
}
