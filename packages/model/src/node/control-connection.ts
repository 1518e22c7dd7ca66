import type { NodeChanges } from './node-changes.ts';
import type { NodeReport } from './node-report.ts';

/** Carries what a node proves with that it is the one that spoke under its name before. */
export const nodeKeyHeader = 'x-sluice-node-key';

/** A question for changes. */
export interface ChangesRequest {
  readonly nodeId: string;
  /** The revision that the node has; 0 for none. */
  readonly since: number;
  /** The history that revision belongs to; left out when the node has none, and the answer is then whole. */
  readonly lineage?: string | undefined;
  /** When that revision was made; left out when it is not known. */
  readonly revisionAt?: string | undefined;
  /** The node was told that the store has nothing that may take the place of what it runs. */
  readonly withheld?: boolean | undefined;
  /** How long the answer may wait for something new, in milliseconds; 0 answers at once. */
  readonly waitMs: number;
  /** Gives the question up: the promise then rejects, or resolves with nothing new. */
  readonly signal?: AbortSignal | undefined;
}

/** The way from a node to control. Both methods reject with a ControlError when control cannot be reached or refuses. */
export interface ControlConnection {
  /** Resolves as soon as there is something newer or a command, else with nothing new when the wait is over. */
  changes(request: ChangesRequest): Promise<NodeChanges>;
  /** Resolves when one control process has the report. */
  report(report: NodeReport): Promise<void>;
  /** Gives up connections. May be called again. */
  close(): Promise<void>;
}

/**
 * Why control did not answer: it is away; it has trouble of its own (5xx); it refuses the node (401, 403); it says what
 * nobody understands.
 */
export type ControlFailure = 'unreachable' | 'unavailable' | 'unauthorized' | 'garbage';

/** Control did not answer as it should. The message is fit for a log: it holds no token. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly failure: ControlFailure;

  constructor(failure: ControlFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
